import json
import os
import re
import signal
import subprocess
import time

import click
import pytest

import cnncli
from cnncli import cli

COMMANDS = cli.group.list_commands(click.Context(cli.group))
SIZE = ("--input", "8x8x1")


def test_version_is_the_version_of_the_package(run):
    done = run("--version")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"cnncli {cnncli.__version__}\n", "")


@pytest.mark.parametrize("flag", ["-h", "--help"])
def test_help_opens_with_a_sentence_and_two_examples(call, flag):
    done = call(flag)
    lines = done.stdout.splitlines()
    assert (done.returncode, done.stderr, lines[1]) == (0, "", "")
    assert lines[0] == (cnncli.__doc__ or "").strip()
    assert lines[2].startswith("  cnncli train ") and lines[3].startswith("  cnncli predict ")
    assert lines[5].startswith("Usage: cnncli ")


def test_help_lists_every_command_by_the_first_sentence_of_its_own_help(run):
    listed = " ".join(run("--help", env={"COLUMNS": "100"}).stdout.split())
    for name in COMMANDS:
        own = run(name, "--help", env={"COLUMNS": "100"}).stdout.partition("\n\n")[0]
        assert f" {name} {' '.join(own.split())[:-1]} " in f"{listed} "


def test_help_ends_with_the_exit_codes(run):
    table = run("--help").stdout.partition("Exit codes:")[2]
    assert re.findall(r"^ +(\d+)", table, re.M) == ["0", "1", "2", "3", "4", "5", "6", "7", "130"]


@pytest.mark.parametrize("name", COMMANDS)
def test_help_of_a_command_opens_with_a_sentence_and_two_examples(run, name):
    done = run(name, "-h", env={"COLUMNS": "100"})
    sentence, examples, usage = done.stdout.split("\n\n")[:3]
    assert done.returncode == 0
    assert sentence.endswith(".")
    assert len(examples.splitlines()) == 2 and examples.count("cnncli") >= 2
    assert usage.startswith(f"Usage: cnncli {name} ")
    assert "--quiet" in done.stdout and "--json" in done.stdout


@pytest.mark.parametrize("arguments", [["--help"], ["train", "--help"], ["shape-calc", "-h"]])
def test_help_imports_neither_numpy_nor_pillow(script, arguments):
    done = subprocess.run(
        ["python", "-X", "importtime", script, *arguments],
        capture_output=True,
        text=True,
        check=True,
    )
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "click" in imported
    assert not imported & {"numpy", "PIL", "cnncli.graph", "cnncli.kernels"}


def test_help_takes_no_more_than_twice_the_time_of_importing_click(script):
    def seconds(*command):
        start = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        return time.perf_counter() - start

    times = [(seconds("python", "-c", "import click"), seconds(script, "--help")) for _ in range(9)]
    click_alone, help_of_ours = map(min, zip(*times, strict=True))
    assert help_of_ours < 2 * click_alone


def test_no_command_prints_help_to_stderr_as_a_usage_error(run):
    done = run()
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(cnncli.__doc__)


def test_a_mistyped_command_gets_a_suggestion(run):
    done = run("trian", "x")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "cnncli: no command 'trian'; did you mean train?\n"


def test_an_unknown_command_points_at_help(run):
    assert run("xyzzy").stderr == "cnncli: no command 'xyzzy'; see 'cnncli --help'\n"


def test_a_mistyped_option_gets_a_suggestion(run):
    done = run("train", "x", "-o", "y.npz", "--epohcs", "3")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "cnncli: no option '--epohcs'; did you mean --epochs?\n"


def test_a_mistyped_option_of_the_group_gets_a_suggestion(run):
    assert run("--versoin").stderr == "cnncli: no option '--versoin'; did you mean --version?\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["train", "x"], "missing option '-o' / '--output'; see 'cnncli train --help'"),
        (["predict"], "missing argument 'MODEL'; see 'cnncli predict --help'"),
        (["shape-calc", "relu", "--input", "8x"],
         "invalid value for '--input': '8x' is not a size such as 32x32x3; "
         "see 'cnncli shape-calc --help'"),
        (["bench", "relu", "-j", "0"],
         "invalid value for '-j' / '--threads': 0 is not in the range 1<=x<=1024; "
         "see 'cnncli bench --help'"),
    ],
)  # fmt: skip
def test_a_usage_error_is_one_line(call, arguments, message):
    done = call(*arguments)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"cnncli: {message}\n")


@pytest.mark.parametrize(
    "arguments",
    [
        ["shape-calc", "relu", "--json", "--inptu", "8x8x1"],
        ["predict", "--format", "jsonl", "missing.npz", "x.png"],
        ["predict", "--format=jsonl", "missing.npz", "x.png"],
        ["train", "missing", "-o", "model.npz", "--json"],
    ],
)
def test_errors_are_json_where_the_result_would_be(run, tmp_path, arguments):
    done = run(*arguments, cwd=tmp_path)
    assert (done.returncode > 1, done.stdout, done.stderr.count("\n")) == (True, "", 1)
    assert set(json.loads(done.stderr)["error"]) == {"code", "message", "path"}


def test_json_behind_two_dashes_is_a_name(run, tmp_path):
    done = run("predict", "missing.npz", "--", "--json", cwd=tmp_path)
    assert done.returncode == 5
    assert done.stderr.startswith("cnncli: ")


def test_errors_name_the_file_at_fault(run, tmp_path):
    done = run("predict", "missing.npz", "x.png", "--json", cwd=tmp_path)
    error = json.loads(done.stderr)["error"]
    assert (done.returncode, error["code"], error["path"]) == (5, "model_file", "missing.npz")


def test_a_traceback_is_shown_only_on_demand(run):
    arguments = ("shape-calc", "conv(", *SIZE)
    assert "Traceback" not in run(*arguments).stderr
    debugged = run(*arguments, env={"CNNCLI_DEBUG": "1"})
    assert debugged.returncode == 2
    assert "Traceback" in debugged.stderr
    assert debugged.stderr.splitlines()[-1] == run(*arguments).stderr.rstrip("\n")


def test_an_unforeseen_error_is_one_line(tmp_path):
    break_it = "from cnncli.options import arch; arch.read_arch = None"
    broken = f"{break_it}; from cnncli.cli import main; main()"
    done = subprocess.run(
        ["python", "-c", broken, "shape-calc", "relu", *SIZE], capture_output=True, text=True
    )
    assert done.returncode == 1
    assert re.fullmatch(
        "cnncli: unforeseen TypeError: .*; set CNNCLI_DEBUG=1 to see where\n", done.stderr
    )


@pytest.mark.parametrize("arguments", ["--help", "--version", f"shape-calc relu {' '.join(SIZE)}"])
def test_closed_stdout_is_an_error(shell, arguments):
    done = shell(f"cnncli {arguments} >&-")
    assert done.returncode == 1
    assert done.stderr == "cnncli: stdout is closed; send it to a file or to /dev/null\n"


@pytest.mark.parametrize("arguments", ["--help", "--version", f"shape-calc relu {' '.join(SIZE)}"])
def test_a_full_disk_behind_stdout_is_an_error(shell, arguments):
    done = shell(f"cnncli {arguments} >/dev/full")
    assert done.returncode == 1
    assert re.fullmatch("cnncli: .*: no space left on device\n", done.stderr)


def test_a_reader_that_goes_away_ends_it_silently(shell):
    done = shell(f"cnncli shape-calc relu {' '.join(SIZE)} | true; exit ${{PIPESTATUS[0]}}")
    assert (done.returncode, done.stderr) == (141, "")


def test_closed_stderr_leaves_stdout_clean(shell, tmp_path):
    done = shell("cnncli predict missing.npz x.png 2>&-", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (5, "")


def test_closed_streams_do_not_end_up_in_a_file(shell, patterns, tmp_path):
    line = f"cnncli train {patterns} -o m.npz --arch 'dense(classes)' --epochs 1 <&- 2>&-"
    done = shell(line, cwd=tmp_path)
    assert done.returncode == 0
    assert (tmp_path / "m.npz").read_bytes().startswith(b"PK")


@pytest.mark.parametrize("locale", ["C", "POSIX", "C.UTF-8", "en_US.UTF-8", ""])
def test_output_is_the_same_bytes_in_every_locale(run, locale):
    env = {"LC_ALL": locale, "LANG": locale, "PYTHONIOENCODING": "ascii"}
    arguments = ("arch", "strided42")
    assert run(*arguments, env=env, text=False).stdout == run(*arguments, text=False).stdout


def test_no_home_is_needed(script):
    env = {name: value for name, value in os.environ.items() if name != "HOME"}
    assert subprocess.run([script, "arch"], env=env, capture_output=True).returncode == 0


@pytest.mark.parametrize(
    ("number", "shown"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_a_signal_ends_it_silently_as_that_signal(shell, number, shown):
    line = "cnncli bench 'dense(2)' --input 8x8x1 --seconds 30 & sleep 1.5; kill -{} $!; wait $!"
    done = shell(f"set -m; {line.format(int(number))}")
    assert done.returncode == shown
    assert (done.stdout, "Traceback" in done.stderr) == ("", False)


def test_one_interrupt_ends_a_loop_of_the_shell(script):
    loop = "for i in 1 2 3; do cnncli bench 'dense(2)' --input 8x8x1 --seconds 20; done; echo end"
    with subprocess.Popen(
        ["bash", "-c", loop],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as process:
        time.sleep(1.5)
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does
        assert process.communicate(timeout=5)[0] == b""
    assert process.returncode == -signal.SIGINT


def test_completion_scripts_are_there(run):
    done = run(env={"_CNNCLI_COMPLETE": "bash_source"})
    assert done.returncode == 0
    assert "_cnncli_completion" in done.stdout


def test_commands_are_listed_in_the_order_of_work(run):
    lines = run("--help").stdout.partition("Commands:\n")[2].partition("\n\n")[0].splitlines()
    names = [line.split()[0] for line in lines if line.startswith("  ") and line[2] != " "]
    work = ["train", "predict", "evaluate", "inspect-filters", "trace", "arch", "layers"]
    assert [name for name in names if name in work] == work
    assert names[-1] == "help"


@pytest.mark.parametrize("name", ["", *COMMANDS])
def test_no_line_of_help_is_longer_than_80_columns(call, name):
    for line in call(*filter(None, [name]), "--help").stdout.splitlines():
        assert len(line) <= 80, line
        assert not re.search(r"--?[a-z]*-$", line), line  # options stay in one piece


def test_the_options_of_train_are_in_groups_with_their_defaults(run):
    text = run("train", "--help").stdout
    headings = [line for line in text.splitlines() if line.endswith(":") and line[0] != " "]
    assert headings[-4:] == ["Model and task:", "Data:", "Training:", "Other options:"]
    training = text.partition("Training:\n")[2].partition("Other options:")[0]
    options = re.split(r"\n(?=  -)", training)
    assert all("[default: " in " ".join(option.split()) for option in options), options


@pytest.mark.parametrize(
    ("option", "value", "meant"),
    [
        ("--task", "regression", "regress"),
        ("--task", "clasify", "classify"),
        ("--monitor", "accuracy", "val_accuracy"),
        ("--optimizer", "Adam", "adam"),
        ("--init", "xavier_uniform", None),
        ("--init", "Kaiming", "he"),
        ("--color", "greyscale", "gray"),
    ],
)
def test_a_value_much_like_one_that_an_option_takes_is_understood(call, option, value, meant):
    done = call("train", "data", "-o", "m.npz", option, value)
    assert done.returncode == 2
    assert f"{value!r} is not one of" in done.stderr
    end = f"; did you mean {meant}?\n" if meant else "; see 'cnncli train --help'\n"
    assert done.stderr.endswith(end)
