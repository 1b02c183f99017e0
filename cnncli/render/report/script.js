"use strict";

// Lay a frame over a picture; all four are shares of it in percent.
function lay(frame, left, top, width, height) {
  Object.assign(frame.style, {
    left: `${left}%`, top: `${top}%`, width: `${width}%`, height: `${height}%`,
  });
  frame.hidden = false;
}

// The frame on the sample: what the layer under the pointer, or with the focus, sees of it.
(() => {
  const frame = document.getElementById("frame");
  if (!frame) return;
  const show = (row) => {
    lay(frame, ...row.dataset.frame.split(" "));
  };
  for (const row of document.querySelectorAll("#layers [data-frame]")) {
    row.addEventListener("pointerenter", () => show(row));
    row.addEventListener("focus", () => show(row));
  }
})();

// The arithmetic of a neuron under the pointer; arrow keys move it, too.
(() => {
  const source = document.getElementById("numbers");
  if (!source) return;
  const data = JSON.parse(source.textContent);
  const decode = (text) => {
    const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    return new Float32Array(bytes.buffer);
  };
  const [input, weights] = [decode(data.input), decode(data.weights)];
  const values = data.values.map(({ name, numbers }) => ({ name, numbers: decode(numbers) }));
  const [height, width, channels] = data.inputShape;
  const [rows, columns] = [data.rows.length, data.columns.length];
  const area = data.channels * data.rows[0].length * data.columns[0].length;
  const root = document.getElementById("neuron");
  const place = { filter: 0, row: data.at[0], column: data.at[1] };

  const make = (kind, parent, properties = {}) => {
    const element = Object.assign(document.createElement(kind), properties);
    parent.append(element);
    return element;
  };
  const write = (value, digits = 6) => String(Number(value.toPrecision(digits)));

  root.textContent = "";
  const choice = make("fieldset", root);
  make("legend", choice, { textContent: "Filter" });
  data.filters.forEach((number, index) => {
    const label = make("label", choice);
    const radio = make("input", label, { type: "radio", name: "filter", checked: index === 0 });
    label.append(` ${number}`);
    radio.addEventListener("change", () => { place.filter = index; paintMap(); update(); });
  });
  const panels = make("div", root, { className: "panels" });
  const figure = make("figure", panels);
  const map = make("canvas", make("div", figure, { className: "framed" }), { width: columns, height: rows, tabIndex: 0 });
  map.setAttribute("role", "img");
  map.setAttribute("aria-describedby", "place");
  map.setAttribute("aria-label", `Map of ${data.layer}; arrow keys choose a neuron`);
  make("figcaption", figure, { textContent: "Its map: point at a neuron, or use the arrow keys." });
  const mark = make("div", map.parentNode, { className: "frame" });
  const seen = make("figure", panels);
  const patch = make("canvas", make("div", seen, { className: "framed" }), { width, height });
  const frame = make("div", patch.parentNode, { className: "frame" });
  patch.setAttribute("role", "img");
  patch.setAttribute("aria-label", "What the layer reads, with the window of the neuron");
  make("figcaption", seen, { textContent: "What the layer reads, and the neuron's window." });
  const words = make("div", panels);
  const heading = make("p", words, { id: "place" });
  heading.setAttribute("aria-live", "polite");
  const sums = make("table", words, { id: "sums" });
  const matrices = make("div", root, { className: "matrices" });

  const shade = (canvas, number, count) => {
    const context = canvas.getContext("2d");
    const picture = context.createImageData(canvas.width, canvas.height);
    let [low, high] = [Infinity, -Infinity];
    for (let i = 0; i < count; i++) {
      low = Math.min(low, number(i));
      high = Math.max(high, number(i));
    }
    for (let i = 0; i < count; i++) {
      const level = high > low ? (255 * (number(i) - low)) / (high - low) : 0;
      picture.data.set([level, level, level, 255], 4 * i);
    }
    context.putImageData(picture, 0, 0);
  };
  const last = values[values.length - 1].numbers;
  const index = () => (place.filter * rows + place.row) * columns + place.column;

  function paintMap() {
    const start = place.filter * rows * columns;
    shade(map, (i) => last[start + i], rows * columns);
  }

  function update() {
    const [lines, places] = [data.rows[place.row], data.columns[place.column]];
    let sum = 0;
    const products = [];
    for (let c = 0; c < data.channels; c++) {
      const channel = { number: c, sum: 0, cells: [] };
      lines.forEach((row, r) => places.forEach((column, s) => {
        const inside = row >= 0 && column >= 0;
        const x = inside ? input[(row * width + column) * channels + c] : 0;
        const at = (c * lines.length + r) * places.length + s;
        const weight = weights[place.filter * area + at];
        channel.cells.push([x, weight, x * weight]);
        channel.sum += x * weight;
      }));
      sum += channel.sum;
      products.push(channel);
    }
    heading.textContent = `${data.layer}:${data.filters[place.filter]},`
      + (data.axes === 1 ? place.column : `${place.row},${place.column}`);
    sums.textContent = "";
    const entries = [["sum", sum]];
    if (data.bias) entries.push(["bias", data.bias[place.filter]]);
    values.forEach(({ name, numbers }) => entries.push([name, numbers[index()]]));
    for (const [name, value] of entries) {
      const line = make("tr", sums);
      make("th", line, { textContent: name, scope: "row" });
      make("td", line, { textContent: write(value) });
    }
    matrices.textContent = "";
    products.sort((a, b) => Math.abs(b.sum) - Math.abs(a.sum));
    for (const channel of products.slice(0, 3)) {
      const line = make("div", matrices);
      make("span", line, { textContent: `channel ${channel.number}` });
      ["window", "weights", "products"].forEach((name, part) => {
        if (part) make("span", line, { textContent: part === 1 ? "×" : "=" });
        const table = make("table", line);
        table.setAttribute("aria-label", `${name} of channel ${channel.number}`);
        lines.forEach((_, r) => {
          const cells = make("tr", table);
          places.forEach((__, s) => make("td", cells, {
            textContent: write(channel.cells[r * places.length + s][part], 3),
          }));
        });
      });
    }
    const [down, across] = [lines.filter((n) => n >= 0), places.filter((n) => n >= 0)];
    frame.hidden = true;
    if (down.length && across.length) {
      const [top, left] = [Math.min(...down), Math.min(...across)];
      lay(
        frame, (100 * left) / width, (100 * top) / height,
        (100 * (Math.max(...across) + 1 - left)) / width,
        (100 * (Math.max(...down) + 1 - top)) / height,
      );
    }
    lay(
      mark, (100 * place.column) / columns, (100 * place.row) / rows, 100 / columns, 100 / rows,
    );
  }

  const move = (row, column) => {
    place.row = Math.max(0, Math.min(rows - 1, row));
    place.column = Math.max(0, Math.min(columns - 1, column));
    update();
  };
  map.addEventListener("pointermove", (event) => {
    const box = map.getBoundingClientRect();
    move(
      Math.floor(((event.clientY - box.top) / box.height) * rows),
      Math.floor(((event.clientX - box.left) / box.width) * columns),
    );
  });
  map.addEventListener("keydown", (event) => {
    const steps = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
    const step = steps[event.key];
    if (!step) return;
    event.preventDefault();
    move(place.row + step[0], place.column + step[1]);
  });
  const level = (i) => {
    let total = 0;
    for (let c = 0; c < channels; c++) total += input[i * channels + c];
    return total;
  };
  shade(patch, level, height * width);
  paintMap();
  update();
})();
