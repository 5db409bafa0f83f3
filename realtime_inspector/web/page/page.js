// Starts the terminal once its font is there: it measures the font when it begins, and never again.
"use strict";

const terminal = document.querySelector(".textual-terminal");
const words = document.getElementById("words");
const again = document.getElementById("again");

const address = new URL("ws", location.href);
address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
address.search = "";
address.hash = "";
terminal.dataset.sessionWebsocketUrl = address.href;

// The terminal says that its connection ended, but not why; and it sends before it can, and after.
window.WebSocket = class extends WebSocket {
  constructor(url) {
    super(url);
    this.addEventListener("open", () => document.querySelector(".xterm-helper-textarea").focus());
    this.addEventListener("close", (event) => ended(event.reason || "The connection to the server has ended."));
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

again.addEventListener("click", () => location.reload());

function begin() {
  try {
    window.onload();
  } catch (error) {
    ended(`The terminal cannot be drawn in this browser: ${error.message}`);
  }
}

window.addEventListener("load", async () => {
  const styles = ["15px", "bold 15px", "italic 15px", "italic bold 15px"];
  await Promise.allSettled(styles.map((style) => document.fonts.load(`${style} "Roboto Mono"`)));
  const script = document.createElement("script");
  script.src = "static/textual.js";
  script.addEventListener("load", begin);
  script.addEventListener("error", () => ended("The server no longer answers."));
  document.head.append(script);
});
