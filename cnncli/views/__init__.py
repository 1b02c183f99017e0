"""Views: graphs and figures as diagrams and tables; nothing here prints or knows a terminal."""
