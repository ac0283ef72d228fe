// The fields of the form: each says below itself what is thought of it.

import { el } from "./dom.js";
import { age, directionText, shown } from "./format.js";

/** A field of date and time. */
export function dateField(id, label, changed) {
  const hint = el("p", { class: "hint", id: `${id}-hint`, "aria-live": "polite" });
  const input = el("input", {
    type: "datetime-local",
    id,
    step: 60,
    "aria-describedby": hint.id,
    input: changed,
  });
  const box = el("div", { class: "field" }, el("label", { for: id }, label), input, hint);
  return { box, input, tell: teller(input, hint) };
}

/** The field of a meter's value, with what it showed last. */
export function fieldOf(app, meter, changed) {
  const id = `value-${meter.id}`;
  const hint = el("p", { class: "hint", id: `${id}-hint`, "aria-live": "polite" });
  const newest = el("p", { class: "quiet small", id: `${id}-newest` });
  // Plain text, so that a phone's camera can fill it and a comma reaches the validator, which says
  // what to do; a field of type number would hand over nothing.
  const input = el("input", {
    type: "text",
    id,
    class: "figure",
    inputmode: "decimal",
    autocomplete: "off",
    autocorrect: "off",
    autocapitalize: "none",
    spellcheck: "false",
    enterkeyhint: "done",
    "aria-describedby": `${id}-newest ${hint.id}`,
    input: changed,
  });
  const zone = app.zoneOf(meter) === app.me.timezone ? "" : `, ${app.zoneOf(meter)}`;
  const box = el(
    "div",
    { class: "field" },
    el(
      "label",
      { for: id },
      el("span", { class: `dot ${meter.direction}` }),
      meter.id,
      " ",
      el("span", { class: "quiet" }, `${directionText(meter.direction)}${zone}`),
    ),
    el("div", { class: "number" }, input, el("span", { class: "unit" }, meter.unit)),
    newest,
    hint,
  );
  function latest() {
    const one = app.newest(meter.id);
    const passed = one && (app.now() - Date.parse(one.timestamp)) / 1000;
    newest.textContent = one ? `last: ${shown(one.value, meter.decimals)} ${one.unit}, ${age(passed)}` : "";
  }
  return { box, input, tell: teller(input, hint), latest };
}

/** Says something below a field; `bad` marks the field as wrong. */
function teller(input, hint) {
  return (kind, text) => {
    if (hint.textContent !== text) hint.textContent = text;
    hint.className = `hint ${kind}`;
    if (kind === "bad") input.setAttribute("aria-invalid", "true");
    else input.removeAttribute("aria-invalid");
    return true;
  };
}
