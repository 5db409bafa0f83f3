// A turn of npm `@openai/agents-realtime` through the proxy: it takes a whole URL. It also names a model in its first
// session.update, its own default if told none, and a model cannot be changed: both have to be the same.
//
//   npm install @openai/agents-realtime zod
//   node agents-realtime.mjs "ws://127.0.0.1:8765/v1/realtime?model=gpt-realtime"
import { RealtimeAgent, RealtimeSession } from "@openai/agents-realtime";

const url = process.argv[2];
const model = new URL(url).searchParams.get("model");
const session = new RealtimeSession(new RealtimeAgent({ name: "weather", instructions: "Be brief." }), {
  transport: "websocket",
  model,
});
session.on("error", ({ error }) => {
  console.error(error);
  process.exit(1);
});
session.on("agent_end", (_context, _agent, output) => {
  console.log(output);
  session.close();
});
await session.connect({ url, apiKey: process.env.OPENAI_API_KEY });
session.sendMessage("Hello, who is there?");
