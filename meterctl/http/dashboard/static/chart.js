// Bars by period, drawn as SVG: one for each series, beside one another.

import { el, svg } from "./dom.js";

const HEIGHT = 220;
const LEFT = 40;
const RIGHT = 6;
const TOP = 14;
const BOTTOM = 26;

/**
 * Draw into `place`, as wide as it is.
 *
 * `periods` have a `label`, and `bars`: by series' name {use, reaches}, use null where no reading
 * tells. `looked` is told which period is pointed at, or null.
 */
export function draw(place, { title, series, periods, looked }) {
  const width = Math.max(place.clientWidth, 260);
  const top = most(periods);
  const step = niceStep(top / 3);
  const ceiling = Math.max(step * Math.ceil(top / step), step);
  const across = (width - LEFT - RIGHT) / periods.length;
  const y = (value) => TOP + (HEIGHT - TOP - BOTTOM) * (1 - value / ceiling);

  const drawing = svg("svg", {
    class: "chart",
    viewBox: `0 0 ${width} ${HEIGHT}`,
    width,
    height: HEIGHT,
    role: "img",
    "aria-label": title,
  });
  for (let value = 0; value <= ceiling + step / 2; value += step) {
    drawing.append(
      svg("line", { class: value ? "grid" : "base", x1: LEFT, x2: width - RIGHT, y1: y(value), y2: y(value) }),
      svg("text", { class: "tick", x: LEFT - 8, y: y(value) + 4, "text-anchor": "end" }, tickText(value, step)),
    );
  }
  const marker = svg("rect", { class: "marker", y: TOP, width: across, height: HEIGHT - TOP - BOTTOM });
  drawing.append(marker);
  const every = Math.ceil(38 / across);
  periods.forEach((period, index) => {
    const from = LEFT + index * across;
    const each = Math.max((across * 0.74) / series.length, 1.5);
    series.forEach((one, place_) => {
      const bar = period.bars.get(one);
      if (bar === undefined || bar.use === null) return;
      const x = from + (across - each * series.length) / 2 + place_ * each;
      drawing.append(column(x, y(bar.use), Math.max(each - 1, 1), y(0), `${one} ${bar.reaches ? "reaches" : ""}`));
    });
    if ((periods.length - 1 - index) % every === 0) {
      drawing.append(
        svg("text", { class: "tick", x: from + across / 2, y: HEIGHT - 8, "text-anchor": "middle" }, period.short),
      );
    }
  });

  function look(index) {
    marker.setAttribute("class", index === null ? "marker" : "marker on");
    if (index !== null) marker.setAttribute("x", LEFT + index * across);
    looked(index === null ? null : periods[index]);
  }
  const at = (event) => {
    const x = event.clientX - drawing.getBoundingClientRect().left - LEFT;
    const index = Math.floor(x / across);
    look(index >= 0 && index < periods.length ? index : null);
  };
  drawing.addEventListener("pointermove", at);
  drawing.addEventListener("pointerdown", at);
  drawing.addEventListener("pointerleave", () => look(null));
  place.replaceChildren(drawing);
}

/** The same as a table: for who does not see the drawing, or wants the figures. */
export function table(caption, heads, rows) {
  return el(
    "table",
    {},
    el("caption", { class: "sr" }, caption),
    el("thead", {}, el("tr", {}, ...heads.map((head) => el("th", { scope: "col" }, head)))),
    el(
      "tbody",
      {},
      ...rows.map(([first, ...cells]) =>
        el("tr", {}, el("th", { scope: "row" }, first), ...cells.map((cell) => el("td", {}, cell))),
      ),
    ),
  );
}

function column(x, top, width, bottom, look) {
  const height = bottom - top;
  const r = Math.min(3, width / 2, height);
  const d =
    `M${x} ${bottom}V${top + r}Q${x} ${top} ${x + r} ${top}` +
    `H${x + width - r}Q${x + width} ${top} ${x + width} ${top + r}V${bottom}Z`;
  return svg("path", { class: `bar ${look}`, d });
}

function most(periods) {
  let top = 0;
  for (const period of periods) {
    for (const bar of period.bars.values()) top = Math.max(top, bar.use ?? 0);
  }
  return top;
}

/** 1, 2 or 5 times a power of ten, at least as big as what is asked for. */
function niceStep(least) {
  if (!(least > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(least));
  return [1, 2, 5, 10].map((factor) => factor * power).find((one) => one >= least * 0.999);
}

function tickText(value, step) {
  if (step >= 1000) return `${value / 1000}k`;
  return value.toFixed(Math.max(0, -Math.floor(Math.log10(step) + 1e-9)));
}
