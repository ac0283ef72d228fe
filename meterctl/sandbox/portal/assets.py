"""The portal's stylesheet, and the script of its forms."""

STYLE = """\
* { box-sizing: border-box; }
body { margin: 0; font: 1rem/1.5 system-ui, sans-serif; color: #1c2430; background: #f6f7f9; }
header, footer, main { max-width: 46rem; margin: 0 auto; padding: 1rem; }
.brand { font-weight: 700; }
nav ul { display: flex; flex-wrap: wrap; gap: 1rem; padding: 0; list-style: none; }
label { display: block; font-weight: 600; }
input, select { font: inherit; padding: .4rem; min-width: 16rem; }
input[type=radio], input[type=checkbox] { min-width: 0; }
input[aria-invalid=true] { border: 2px solid #b3261e; }
button { font: inherit; padding: .5rem 1rem; color: #fff; background: #00599c; border: 0; }
table { width: 100%; border-collapse: collapse; margin: 1rem 0; background: #fff; }
caption { text-align: left; font-weight: 700; }
th, td { text-align: left; padding: .4rem; border-bottom: 1px solid #d5dae1; }
dt { font-weight: 600; }
dd { margin: 0 0 .5rem; }
iframe { width: 100%; height: 40rem; border: 0; }
[role=alert] { padding: .6rem; background: #fdeceb; border-left: 4px solid #b3261e; }
[role=status] { padding: .6rem; background: #e7f4ea; border-left: 4px solid #1e7b34; }
.over { position: fixed; inset: 0; z-index: 1; display: grid; place-items: center;
  background: #0009; }
.over > div { padding: 1.5rem; background: #fff; }
.over button { margin-right: .5rem; }
"""

# What a form is answered with takes the place of the page's content; a login page is gone to.
SCRIPT = """\
"use strict";

async function send(form) {
  const answer = await fetch(form.dataset.action, {
    method: "POST",
    body: new URLSearchParams(new FormData(form)),
  });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (new URL(answer.url).pathname === "/login") {
    window.location.assign(answer.url);
    return;
  }
  document.title = page.title;
  document.querySelector("main").replaceWith(page.querySelector("main"));
}

function tellLost(form) {
  const told = document.createElement("p");
  told.setAttribute("role", "alert");
  told.textContent = form.dataset.lost;
  form.before(told);
}

document.addEventListener("submit", (event) => {
  if (event.target.dataset.action === undefined) return;
  event.preventDefault();
  send(event.target).catch(() => tellLost(event.target));
});
"""
