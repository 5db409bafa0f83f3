"use strict";
const player = document.getElementById("player");
const timeline = document.getElementById("timeline");
const head = document.getElementById("head");
const length = Number(timeline.dataset.length);
const width = timeline.viewBox.baseVal.width;

function show(seconds) {
  const x = String((seconds / length) * width);
  head.setAttribute("x1", x);
  head.setAttribute("x2", x);
}

function go(seconds) {
  show(seconds);
  if (player) {
    player.currentTime = seconds;
    player.play().catch(() => {});
  }
}

for (const button of document.querySelectorAll("button[data-t]"))
  button.addEventListener("click", () => go(Number(button.dataset.t)));

timeline.addEventListener("click", (event) => {
  if (event.target.closest("a")) return;
  const box = timeline.getBoundingClientRect();
  go(((event.clientX - box.left) / box.width) * length);
});

if (player) player.addEventListener("timeupdate", () => show(player.currentTime));

function unfold() {
  let place = document.getElementById(location.hash.slice(1));
  if (!place) {
    // The event is part of a stream that is one row: the last row that begins before it.
    const n = Number(location.hash.slice(2));
    if (!location.hash.startsWith("#e") || !Number.isFinite(n)) return;
    const rows = [...document.querySelectorAll("#events tr[id]")];
    place = rows.reverse().find((row) => Number(row.id.slice(1)) <= n);
  }
  if (!place) return;
  for (let outer = place; outer; outer = outer.parentElement) if (outer.tagName === "DETAILS") outer.open = true;
  const inner = place.querySelector("details");
  if (inner && location.hash.startsWith("#e")) inner.open = true;
  place.scrollIntoView({ block: "center" });
}
window.addEventListener("hashchange", unfold);
unfold();
