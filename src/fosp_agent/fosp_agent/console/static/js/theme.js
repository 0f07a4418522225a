// Before anything is painted: the theme that was chosen, else the system's.
"use strict";
const chosen = localStorage.getItem("theme");
const dark = matchMedia("(prefers-color-scheme: dark)");
const follow = () => {
  document.documentElement.dataset.theme =
    localStorage.getItem("theme") || (dark.matches ? "dark" : "light");
};
follow();
if (!chosen) dark.addEventListener("change", follow);
