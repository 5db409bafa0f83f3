"use strict";
const $ = (id) => document.getElementById(id);
const player = $("player"), timeline = $("timeline"), head = $("head"), cursor = $("cursor");
const play = $("play"), clock = $("clock"), find = $("find");
const length = Number(timeline.dataset.length);
const spoken = [...document.querySelectorAll(".line[data-from]")];
const still = matchMedia("(prefers-reduced-motion: reduce)");

function told(seconds) {
  const tenths = Math.round(Math.max(0, seconds) * 10);
  return `${Math.floor(tenths / 600)}:${((tenths % 600) / 10).toFixed(1).padStart(4, "0")}`;
}

// One place in the call: the line on the timeline, the slider under it, the clock, and the line of the transcript.
function show(seconds, moved = true) {
  const x = `${(seconds / length) * 100}%`;
  head.setAttribute("x1", x);
  head.setAttribute("x2", x);
  cursor.value = seconds;
  cursor.setAttribute("aria-valuetext", told(seconds));
  clock.textContent = `${told(seconds)} / ${told(length)}`;
  let now = null;
  for (const line of spoken) if (Number(line.dataset.from) <= seconds + 0.05) now = line;
  for (const line of spoken) line.classList.toggle("now", moved && line === now);
  const outer = timeline.closest(".scroll");
  const at = (seconds / length) * timeline.getBoundingClientRect().width;
  if (at < outer.scrollLeft || at > outer.scrollLeft + outer.clientWidth) outer.scrollLeft = at - outer.clientWidth / 4;
}

function seek(seconds) {
  show(seconds);
  if (!player) return;
  if (seconds <= (player.duration || Infinity)) player.currentTime = seconds;
  else player.pause(); // the page holds the beginning of the sound alone
}

function go(seconds) {
  seek(seconds);
  if (player && seconds <= (player.duration || Infinity)) player.play().catch(() => {});
}

for (const button of document.querySelectorAll("button[data-t]"))
  button.addEventListener("click", () => go(Number(button.dataset.t)));

timeline.addEventListener("click", (event) => {
  if (event.target.closest("a")) return;
  const box = timeline.getBoundingClientRect();
  go(((event.clientX - box.left) / box.width) * length);
});
cursor.hidden = clock.hidden = false;
cursor.addEventListener("input", () => seek(Number(cursor.value)));

if (player) {
  const follow = () => {
    if (player.paused || still.matches) return;
    show(player.currentTime);
    requestAnimationFrame(follow);
  };
  player.addEventListener("timeupdate", () => player.paused || show(player.currentTime));
  player.addEventListener("seeked", () => show(player.currentTime));
  player.addEventListener("play", () => ((play.textContent = "❚❚ Pause"), follow()));
  player.addEventListener("pause", () => (play.textContent = "▶ Play"));
  play.hidden = false;
  play.addEventListener("click", () => (player.paused ? go(Number(cursor.value) % length) : player.pause()));
}
show(0, false);

// Addresses: #e41 is an event, also one that is in a row with others or left out; #f0 a finding.
function unfold() {
  let place = $(location.hash.slice(1));
  if (!place) {
    const n = Number(location.hash.slice(2));
    if (!location.hash.startsWith("#e") || !Number.isFinite(n)) return;
    place = [...document.querySelectorAll("#events tr[id]")].reverse().find((row) => Number(row.id.slice(1)) <= n);
  }
  if (!place) return;
  for (let outer = place; outer; outer = outer.parentElement) if (outer.tagName === "DETAILS") outer.open = true;
  const inner = place.querySelector("details");
  if (inner && location.hash.startsWith("#e")) inner.open = true;
  place.hidden = false;
  place.scrollIntoView({ block: location.hash.startsWith("#e") ? "center" : "start" });
  if (location.hash.startsWith("#e")) place.querySelector("summary, td")?.focus({ preventScroll: true });
}
addEventListener("hashchange", unfold);
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[href^='#']");
  if (link && link.getAttribute("href") === location.hash) unfold(); // there already: nothing else would happen
});
unfold();

async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = document.createElement("textarea");
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("button.copy");
  if (!button) return;
  await copied(button.dataset.from ? $(button.dataset.from).textContent : button.previousElementSibling.textContent);
  const words = button.textContent;
  button.textContent = "Copied";
  setTimeout(() => (button.textContent = words), 1500);
});
for (const button of document.querySelectorAll("button.copy")) button.hidden = false;

// An event's button is made when the event is unfolded: a page has thousands.
$("events")?.addEventListener("toggle", (event) => {
  const shown = event.target.querySelector(":scope > pre");
  if (!shown || !event.target.open || event.target.querySelector(".copy")) return;
  const button = Object.assign(document.createElement("button"), { type: "button", className: "copy", textContent: "Copy" });
  shown.after(button);
}, true);

if (find) {
  const rows = [...document.querySelectorAll("#events tbody tr")];
  const words = new Map();
  const text = (row) => words.get(row) ?? words.set(row, row.textContent.toLowerCase()).get(row);
  let waiting = 0;
  const search = () => {
    const wanted = find.value.trim().toLowerCase();
    let count = 0;
    for (const row of rows) {
      row.hidden = wanted !== "" && !text(row).includes(wanted);
      count += !row.hidden;
    }
    $("found").textContent = wanted ? `${count} of ${rows.length} rows` : "";
  };
  find.closest("p").hidden = false;
  find.addEventListener("input", () => (clearTimeout(waiting), (waiting = setTimeout(search, 120))));
}

// On paper nothing can be unfolded.
let folded = [];
addEventListener("beforeprint", () => {
  folded = [...document.querySelectorAll("section:not(#events) > details:not([open]), header > details:not([open])")];
  for (const each of folded) each.open = true;
});
addEventListener("afterprint", () => folded.forEach((each) => (each.open = false)));
