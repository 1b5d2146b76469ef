import { ServerProcess } from "../e2e/server_process.ts";
import { Helper } from "../load/helper.ts";
import { currentExecutable } from "../support/executable.ts";
import { SocketClient } from "../support/socket_client.ts";
import type { Bench, Figure, Missing } from "./bench.ts";
import { median } from "./bench.ts";

const ROUNDS = 7;
const RETRY_MS = 5;
const FIGURE = "start of the executable to the first welcome";

/** From the start of the executable to the first welcome, with a new database each time. */
export const serverStart: Bench = {
  name: "server-start",
  async *run(): AsyncIterable<Figure | Missing> {
    let executable: string;
    try {
      executable = await currentExecutable();
    } catch (error) {
      yield { figure: FIGURE, missing: error instanceof Error ? error.message : String(error) };
      return;
    }
    await using discord = Helper.start("discord.ts");
    const { url, token } = await discord.next();
    const times: number[] = [];
    for (let round = 0; round <= ROUNDS; round++) {
      const folder = await Deno.makeTempDir();
      try {
        const tookMs = await firstWelcome(executable, folder, String(url), String(token));
        // The first one reads the file from the disk.
        if (round > 0) times.push(tookMs);
      } finally {
        await Deno.remove(folder, { recursive: true });
      }
    }
    yield {
      figure: FIGURE,
      measured: median(times),
      unit: "ms",
      bar: { atMost: 500 },
    };
  },
};

async function firstWelcome(
  executable: string,
  folder: string,
  discordUrl: string,
  token: string,
): Promise<number> {
  const port = freePort();
  await Deno.copyFile(executable, `${folder}/chatbox50`);
  const started = performance.now();
  await using _server = await ServerProcess.start(
    folder,
    {
      DISCORD_API_URL: discordUrl,
      DISCORD_TOKEN: token,
      HOST: "127.0.0.1",
      PORT: String(port),
    },
    [],
    { executable },
  );
  for (;;) {
    try {
      await using visitor = await SocketClient.hello(`http://127.0.0.1:${port}`);
      await visitor.nextOf("welcome");
      return performance.now() - started;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}
