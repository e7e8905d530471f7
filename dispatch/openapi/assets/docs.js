// Shows only what has the words that are searched for. Without this script everything is shown.
"use strict";

const search = document.getElementById("search");
const entries = [...document.querySelectorAll("[data-entry]")].map((element) => ({
  element,
  link: document.querySelector(`[data-for="${element.id}"]`),
  text: element.textContent.toLowerCase(),
}));

function narrow() {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0;
  for (const { element, link, text } of entries) {
    const hidden = !words.every((word) => text.includes(word));
    element.hidden = hidden;
    if (link) link.hidden = hidden;
    shown += !hidden;
  }
  for (const group of document.querySelectorAll("[data-group]")) {
    group.hidden = !group.querySelector("[data-entry]:not([hidden]), [data-for]:not([hidden])");
  }
  document.getElementById("nothing").hidden = shown > 0;
}

search.addEventListener("input", narrow);
document.addEventListener("keydown", (event) => {
  if (event.key === "/" && event.target !== search) {
    event.preventDefault();
    search.focus();
  } else if (event.key === "Escape" && event.target === search) {
    search.value = "";
    narrow();
  }
});
// A link to something that the search hides shows it.
window.addEventListener("hashchange", () => {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (target && target.hidden) {
    search.value = "";
    narrow();
    target.scrollIntoView();
  }
});
narrow();
