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
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

export function text(element, value) {
  const wanted = String(value);
  if (element.textContent !== wanted) element.textContent = wanted;
}

export function fill(element, ...children) {
  element.replaceChildren(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
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
  return ms ? new Date(ms).toLocaleString([], { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit" }) : "";
}
