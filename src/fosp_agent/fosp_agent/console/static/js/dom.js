// Small helpers around the document.

export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "class") element.className = value;
    else if (name in element && !name.includes("-") && name !== "list") element[name] = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(
    ...children.flat().filter((child) => child !== null && child !== undefined && child !== false),
  );
  return element;
}

export function text(element, value) {
  const wanted = String(value);
  if (element.textContent !== wanted) element.textContent = wanted;
}

export function fill(element, ...children) {
  element.replaceChildren(
    ...children.flat().filter((child) => child !== null && child !== undefined && child !== false),
  );
}

export function toast(message, bad = false, seconds = bad ? 9 : 4) {
  const note = h("div", { class: `toast fade${bad ? " bad" : ""}` }, message);
  const toasts = document.getElementById("toasts");
  toasts.append(note);
  while (toasts.children.length > 4) toasts.firstChild.remove();
  setTimeout(() => note.remove(), seconds * 1000);
}

export const kbd = (key) => h("kbd", {}, key);

export function swatch(kind) {
  return h("i", { class: `swatch ${kind}`, "aria-hidden": "true" });
}

export function number(value, digits = 2) {
  return value === null || value === undefined ? "–" : Number(value).toFixed(digits);
}

export function percent(value) {
  return value === null || Number.isNaN(value) ? "–" : `${Math.round(100 * value)} %`;
}

export function clock(ms) {
  return ms
    ? new Date(ms).toLocaleString([], {
        month: "short",
        day: "numeric",
        hour: "2-digit",
        minute: "2-digit",
      })
    : "";
}

// The markup of a page, from its template; returns the elements that it names.
export function place(root, name) {
  const found = document.getElementById(`${name}-page`).content.cloneNode(true);
  const named = [...found.querySelectorAll("[data-part]")];
  root.append(found);
  return Object.fromEntries(named.map((element) => [element.dataset.part, element]));
}

// Clicks on what carries data-act go to the handler of that name. After a click of the mouse, the
// page's keys work at once: Enter would press the same button again.
export function onActs(element, handlers) {
  element.addEventListener("click", (event) => {
    const button = event.target.closest("[data-act]");
    if (!button || !element.contains(button)) return;
    if (event.detail > 0) button.blur();
    handlers[button.dataset.act](button);
  });
}

export function stat(value, words) {
  return h("div", { class: "stat" }, h("b", {}, value), h("span", {}, words));
}
