// Starts the terminal once its font is there: it measures the font when it begins, and never again.
"use strict";

const terminal = document.querySelector(".textual-terminal");
const words = document.getElementById("words");
const again = document.getElementById("again");

// A telephone has room for half of the columns otherwise.
const size = innerWidth < 600 ? 12 : 15;
terminal.dataset.fontSize = size;

const address = new URL("ws", location.href);
address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
address.search = "";
address.hash = "";
terminal.dataset.sessionWebsocketUrl = address.href;

const DROPPED = 1006; // nobody said why: a tunnel that broke, a machine that slept
const LONGEST_MS = 30_000;

// The terminal says that its connection ended, but not why; and it sends before it can, and after.
window.WebSocket = class extends WebSocket {
  constructor(url) {
    super(url);
    this.addEventListener("open", () => document.querySelector(".xterm-helper-textarea").focus());
    this.addEventListener("close", (event) => {
      const dropped = event.code === DROPPED && document.body.classList.contains("-first-byte");
      ended(event.reason || `The connection to the server has ${dropped ? "dropped: it is tried again." : "ended."}`);
      if (dropped) retry(1000);
    });
  }

  send(data) {
    if (this.readyState === this.OPEN) super.send(data);
  }
};

function ended(why) {
  words.textContent = why;
  document.body.classList.add("-closed");
  again.hidden = false;
  again.focus();
}

// The page is loaded anew only from a server that answers: the browser's own page of an error has no way back.
async function reopen() {
  try {
    await fetch(location.href, { method: "HEAD", cache: "no-store" });
  } catch {
    words.textContent = "The server does not answer: was it stopped, or is the way to it closed?";
    return false;
  }
  location.reload();
  return true;
}

function retry(after) {
  setTimeout(async () => (await reopen()) || retry(Math.min(2 * after, LONGEST_MS)), after);
}

again.addEventListener("click", reopen);

function begin() {
  try {
    window.onload();
  } catch (error) {
    ended(`The terminal cannot be drawn in this browser: ${error.message}`);
  }
}

window.addEventListener("load", async () => {
  const styles = ["", "bold", "italic", "italic bold"];
  await Promise.allSettled(styles.map((style) => document.fonts.load(`${style} ${size}px "Roboto Mono"`)));
  const script = document.createElement("script");
  script.src = "static/textual.js";
  script.addEventListener("load", begin);
  script.addEventListener("error", () => ended("The server no longer answers."));
  document.head.append(script);
});
