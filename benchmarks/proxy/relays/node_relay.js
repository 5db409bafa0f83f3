// A relay as one would write it with `ws`: messages in, messages out, a line of JSON for each.
//
// node node_relay.js LISTEN UPSTREAM FOLDER [CA]
"use strict";
const fs = require("fs");
const path = require("path");
const { WebSocket, WebSocketServer } = require("ws");

const WRITE_MS = 10;
const HIGH_WATER_BYTES = 1 << 20;
const [listen, upstream, folder, ca] = process.argv.slice(2);
const url = ca ? `wss://localhost:${upstream}` : `ws://127.0.0.1:${upstream}`;
const options = { perMessageDeflate: false, maxPayload: 1 << 30, ...(ca && { ca: fs.readFileSync(ca) }) };
const recordings = [];
fs.mkdirSync(folder, { recursive: true });

function copy(source, target, side, recording) {
  source.on("message", (message, binary) => {
    send(source, target, message, binary);
    const text = message.toString();
    JSON.parse(text);
    recording.lines.push(`{"t":${performance.now() / 1000},"from":"${side}","event":${text}}\n`);
  });
  source.on("close", () => target.close());
  source.on("error", () => target.terminate());
}

function send(source, target, message, binary) {
  if (target.readyState === WebSocket.CONNECTING) {
    target.once("open", () => target.send(message, { binary }));
    return;
  }
  const held = target.bufferedAmount > HIGH_WATER_BYTES;
  if (held) source.pause();
  target.send(message, { binary }, held ? () => source.resume() : undefined);
}

function write() {
  for (const recording of recordings) {
    if (!recording.lines.length) continue;
    fs.writeSync(recording.fd, recording.lines.join(""));
    recording.lines = [];
  }
}

const clients = new WebSocketServer({ host: "127.0.0.1", port: Number(listen), ...options });
clients.on("connection", (client, request) => {
  const recording = { fd: fs.openSync(path.join(folder, `${recordings.length}.jsonl`), "w"), lines: [] };
  recordings.push(recording);
  const server = new WebSocket(url + request.url, options);
  copy(client, server, "client", recording);
  copy(server, client, "server", recording);
});
setInterval(write, WRITE_MS);
process.on("SIGTERM", () => {
  write();
  process.exit(0);
});
