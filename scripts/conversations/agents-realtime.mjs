// The conversation of tests/clients/conversation.py with npm `@openai/agents-realtime`: it calls tools, interrupts and
// truncates by itself.
//
//   node agents-realtime.mjs "ws://HOST:PORT/v1/realtime?model=gpt-realtime"
//
// Prints what it saw as one line of JSON.
import { RealtimeAgent, RealtimeSession, tool } from "@openai/agents-realtime";
import { z } from "zod";

const url = process.argv[2];
const model = new URL(url).searchParams.get("model");
const seen = { said: [], calls: [], ended: [], interrupted: 0, errors: [] };
const questions = ["Hello, who is there?", "What is the weather in Paris?", "Tell me a long story."];
let interrupting = false;

const weather = tool({
  name: "get_weather",
  description: "The weather of a city, now.",
  parameters: z.object({ city: z.string() }),
  execute: async ({ city }) => {
    seen.calls.push(["get_weather", { city }]);
    return JSON.stringify({ city, sky: "clear", celsius: 21 });
  },
});
const session = new RealtimeSession(new RealtimeAgent({ name: "weather", instructions: "Be brief.", tools: [weather] }), {
  transport: "websocket",
  model,
  config: { audio: { input: { turnDetection: { type: "server_vad", silenceDurationMs: 300 } } } },
});

function ask() {
  session.sendMessage(questions.shift());
}

function speak() {
  const samples = new Int16Array(24 * 1800).map((_, n) => (n < 24 * 900 ? 9000 * Math.sin(n * 0.06) : 0));
  for (let start = 0; start < samples.length; start += 2400) session.sendAudio(samples.slice(start, start + 2400).buffer);
}

function finish(code) {
  console.log(JSON.stringify(seen));
  session.close();
  process.exitCode = code;
}

session.on("error", ({ error }) => {
  seen.errors.push(JSON.stringify(error.error ?? error.message ?? error));
  finish(1);
});
session.on("audio_interrupted", () => (seen.interrupted += 1));
session.on("audio", () => {
  if (seen.said.length === 2 && !interrupting) {
    interrupting = true;
    speak();
  }
});
session.on("transport_event", (event) => {
  if (event.type !== "response.done") return;
  const { status, status_details, output } = event.response;
  seen.ended.push([status, status_details?.reason].filter(Boolean).join(" "));
  const said = output.flatMap((item) => item.content ?? []).map((part) => part.transcript)[0];
  if (status !== "completed" || !said) return;
  seen.said.push(said);
  if (questions.length) setTimeout(ask, 20);
  else if (interrupting) setTimeout(() => finish(0), 300);
});
await session.connect({ url, apiKey: process.env.OPENAI_API_KEY });
ask();
