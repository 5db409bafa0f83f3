// The conversation of tests/clients/conversation.py with npm `openai`: a text turn, a tool call, an interruption.
//
//   npm install openai ws
//   OPENAI_BASE_URL=https://127.0.0.1:8765/v1 OPENAI_API_KEY=… \
//   NODE_EXTRA_CA_CERTS="$(realtime-inspector ca)" node openai-node.mjs
//
// Prints what it saw as one line of JSON and exits 0; an error exits 1. With `native` behind it, and before Node 22 with
// --experimental-websocket, it uses the class for browsers.
import OpenAI from "openai";
import { OpenAIRealtimeWebSocket } from "openai/realtime/websocket";
import { OpenAIRealtimeWS } from "openai/realtime/ws";

const questions = ["Hello, who is there?", "What is the weather in Paris?", "Tell me a long story."];
const seen = { said: [], calls: [], ended: [], errors: [], truncated: 0 };
const tool = {
  type: "function",
  name: "get_weather",
  description: "The weather of a city, now.",
  parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
};
const pcm = { type: "audio/pcm", rate: 24000 };
const turn_detection = { type: "server_vad", silence_duration_ms: 300 };
const session = {
  type: "realtime",
  instructions: "Be brief.",
  output_modalities: ["audio"],
  audio: { input: { format: pcm, turn_detection }, output: { format: pcm, voice: "marin" } },
  tools: [tool],
};

const native = process.argv[2] === "native";
const socket = native
  ? new OpenAIRealtimeWebSocket({ model: "gpt-realtime", dangerouslyAllowBrowser: true }, new OpenAI())
  : new OpenAIRealtimeWS({ model: "gpt-realtime" }, new OpenAI());
let text = "";
let item = "";
let interrupting = false;

function ask() {
  const content = [{ type: "input_text", text: questions.shift() }];
  socket.send({ type: "conversation.item.create", item: { type: "message", role: "user", content } });
  socket.send({ type: "response.create" });
}

function speak() {
  const samples = new Int16Array(24 * 1800).map((_, n) => (n < 24 * 900 ? 9000 * Math.sin(n * 0.06) : 0));
  for (let start = 0; start < samples.length; start += 2400) {
    const chunk = Buffer.from(samples.buffer, 2 * start, 4800);
    socket.send({ type: "input_audio_buffer.append", audio: chunk.toString("base64") });
  }
}

// The last answer and the truncation may come in either order.
function end() {
  if (seen.said.length === 3 && seen.truncated) finish(0);
}

function finish(code) {
  console.log(JSON.stringify(seen));
  socket.close();
  process.exitCode = code;
}

socket.on("session.created", () => socket.send({ type: "session.update", session }));
socket.on("session.updated", ask);
socket.on("response.output_audio_transcript.done", (event) => (text = event.transcript));
socket.on("conversation.item.truncated", () => {
  seen.truncated += 1;
  end();
});
socket.on("response.output_audio.delta", (event) => {
  item = event.item_id;
  if (seen.ended.length === 3 && !interrupting) {
    interrupting = true;
    speak();
  }
});
socket.on("response.done", ({ response }) => {
  seen.ended.push([response.status, response.status_details?.reason].filter(Boolean).join(" "));
  const calls = response.output.filter((part) => part.type === "function_call");
  for (const { name, call_id, arguments: args } of calls) {
    seen.calls.push([name, JSON.parse(args)]);
    const output = JSON.stringify({ city: "Paris", sky: "clear", celsius: 21 });
    socket.send({ type: "conversation.item.create", item: { type: "function_call_output", call_id, output } });
  }
  if (calls.length) return socket.send({ type: "response.create" });
  if (response.status === "cancelled") {
    return socket.send({ type: "conversation.item.truncate", item_id: item, content_index: 0, audio_end_ms: 40 });
  }
  seen.said.push(text);
  if (!interrupting) ask();
  end();
});
socket.on("error", (error) => {
  seen.errors.push(error.message);
  finish(1);
});
