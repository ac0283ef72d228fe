// Making nodes. Text only ever becomes text: no string is read as markup anywhere on this page.

const SVG = "http://www.w3.org/2000/svg";

function made(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") node.addEventListener(name, value);
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

/** An element; a function among its attributes listens to the event of that name. */
export function el(name, attributes = {}, ...children) {
  return made(document.createElement(name), attributes, children);
}

/** An element of a drawing. */
export function svg(name, attributes = {}, ...children) {
  return made(document.createElementNS(SVG, name), attributes, children);
}

export const byId = (id) => document.getElementById(id);

/** A button. */
export function button(text, click, look = "") {
  return el("button", { type: "button", class: look, click }, text);
}

/** A box that says something: `kind` is "", good, wait or bad. */
export function notice(kind, ...children) {
  return el("div", { class: `notice ${kind}` }, ...children);
}

/** Say something to who listens to the page. */
export function say(text) {
  byId("said").textContent = "";
  // A status that is emptied and filled at once is the same text again: not read out.
  setTimeout(() => (byId("said").textContent = text), 60);
}

/** Ask; the answer is the value of the button that was pressed, "" for Escape. */
export function ask(title, body, choices) {
  const dialog = byId("ask");
  return new Promise((resolve) => {
    dialog.returnValue = "";
    dialog.replaceChildren(
      el("h2", { id: "ask-title" }, title),
      ...body,
      el(
        "div",
        { class: "buttons" },
        ...choices.map(({ text, value, look }, index) =>
          el(
            "button",
            { type: "button", class: look, autofocus: index === 0, click: () => dialog.close(value) },
            text,
          ),
        ),
      ),
    );
    dialog.addEventListener("close", () => resolve(dialog.returnValue), { once: true });
    dialog.showModal();
  });
}
