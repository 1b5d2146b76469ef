import { deepEqual, equal, match } from "node:assert/strict";
import { unitCommands } from "../deploy/unit_commands.ts";
import { NotifySocket } from "../support/notify_socket.ts";
import { programIn, ServerProcess } from "./server_process.ts";
import { RELAXED, World } from "./world.ts";

const ON_LINUX = { ...RELAXED, ignore: Deno.build.os !== "linux" };

/** What starts the program in the unit, and the program's own arguments. */
async function launcher(): Promise<readonly string[]> {
  const [command = []] = await unitCommands("chatbox50.service", "ExecStart");
  deepEqual(command.slice(-4), ["/usr/local/bin/chatbox50", "serve", "--config", "%d/chatbox50.conf"]);
  return command.slice(0, -4);
}

Deno.test(
  "End to end: the unit's command tells systemd when it is ready, alive and stopping",
  ON_LINUX,
  async () => {
    await using world = await World.start();
    await using socket = await NotifySocket.bind(`${world.folder}/notify`);
    const env = {
      ...world.env,
      SYSTEMD_NOTIFY: "stdout",
      NOTIFY_SOCKET: socket.path,
      WATCHDOG_USEC: "200000",
    };
    const program = await programIn(world.folder, env, ["serve"], await launcher());
    await using server = ServerProcess.run(program);
    await socket.messages.until(
      "signs of life",
      (messages) => messages.filter((message) => message === "WATCHDOG=1").length >= 3,
    );
    match(String(socket.messages.items[1]), /^STATUS=Serving http:\/\/127\.0\.0\.1:\d+$/);
    equal(socket.messages.items[2], "READY=1");
    equal((await server.stop()).code, 0);
    await socket.messages.until("the end", (messages) => messages.includes("STOPPING=1"));
  },
);

Deno.test(
  "End to end: without a notification socket the unit's command fails and says so",
  ON_LINUX,
  async () => {
    await using world = await World.start();
    const env = { ...world.env, NOTIFY_SOCKET: "/nonexistent" };
    const program = await programIn(world.folder, env, ["serve"], await launcher());
    const { code, stderr } = await program.output();
    equal(code === 0, false);
    match(new TextDecoder().decode(stderr), /^no notification socket: /);
  },
);
