import { deepEqual, equal, match, rejects } from "node:assert/strict";
import { createHash } from "node:crypto";
import { pageCommands } from "../deploy/page_commands.ts";
import { unitCommands } from "../deploy/unit_commands.ts";
import { SocketClient } from "../support/socket_client.ts";
import { commandIn, ServerProcess } from "./server_process.ts";
import { RELAXED, World } from "./world.ts";

const ON_LINUX = { ...RELAXED, ignore: Deno.build.os !== "linux" };

const EXECUTABLE = "chatbox50-0.1.0-linux-x64";
const UID_OF_PAGE = "2f1ee9b8-5f0c-4a36-9d3b-0d8f6a1c7e55";

/** What another test runs, or only `deno task test:deploy` can. */
const ELSEWHERE: readonly (readonly [RegExp, string])[] = [
  [/apt-get install/, "changes the machine"],
  [/certbot|docker|task compile/, "needs a public name, or an engine"],
  [
    /systemctl (?:status|reload|daemon-reload)|enable --now chatbox50-backup\.timer|journalctl/,
    "needs systemd",
  ],
  [/nginx -t/, "proxies_test.ts runs it, with what has to be around"],
  [/caddy|nginx/, "changes the machine"],
  [/low-ports/, "needs systemd"],
  [/chatbox50-tls|chatbox50-certificate/, "changes the machine"],
  [/sqlite3/, "changes the machine, and needs its program"],
];

/** In place of systemctl: the service may use low ports and read a certificate, for who asks for that. */
const SYSTEMCTL = `#!/bin/sh
case "$*" in
  "show --property=AmbientCapabilities --value chatbox50.service") echo cap_net_bind_service ;;
  "show --property=SupplementaryGroups --value chatbox50.service") echo chatbox50-tls ;;
  *) exit 1 ;;
esac
`;

/** In place of systemd-run: the command, with the credentials that it was to have, and no less than the service may. */
const SYSTEMD_RUN = `#!/bin/sh
may=
while [ "\${1#--}" != "$1" ]; do
  case "$1" in
    --property=LoadCredential=*) cp "\${1##*:}" "$CREDENTIALS_DIRECTORY/" ;;
    --property=AmbientCapabilities=*) may="$may \${1##*=}" ;;
    --property=SupplementaryGroups=*) may="$may \${1##*=}" ;;
  esac
  shift
done
[ "$may" = " cap_net_bind_service chatbox50-tls" ] || { echo "may less than the service: $may" >&2; exit 1; }
exec "$@"
`;

/** A machine that is only a folder: what the page names by absolute paths lies below it. */
class Machine {
  readonly #root: string;
  readonly #env: Record<string, string>;

  private constructor(readonly folder: string, readonly credentials: string) {
    this.#root = folder;
    this.#env = {
      ...Deno.env.toObject(),
      PATH: `${folder}/shims:${folder}/usr/local/bin:${folder}/usr/local/sbin:${Deno.env.get("PATH")}`,
      CREDENTIALS_DIRECTORY: credentials,
      NO_COLOR: "1",
    };
  }

  static async make(folder: string): Promise<Machine> {
    const machine = new Machine(folder, `${folder}/credentials`);
    const folders = ["shims", "credentials", "etc/systemd/system", "usr/local/bin", "usr/local/sbin"];
    for (const each of [...folders, "var/lib/private/chatbox50"]) {
      await Deno.mkdir(`${folder}/${each}`, { recursive: true });
    }
    await Deno.symlink("private/chatbox50", `${folder}/var/lib/chatbox50`);
    const shims = { sudo: '#!/bin/sh\nexec "$@"\n', systemctl: SYSTEMCTL, "systemd-run": SYSTEMD_RUN };
    for (const [name, text] of Object.entries(shims)) {
      await Deno.writeTextFile(`${folder}/shims/${name}`, text, { mode: 0o755 });
    }
    return machine;
  }

  /** The same text for this machine. */
  here(text: string): string {
    return text.replaceAll(
      /(?<![\w.$}-])\/(?:etc\/(?:chatbox50|systemd)|usr\/local|var\/lib)\//g,
      `${this.#root}$&`,
    );
  }

  /** Runs a command as the page has it. */
  async type(command: string, cwd = this.#root): Promise<string> {
    const { code, stdout, stderr } = await new Deno.Command("bash", {
      args: ["-c", this.here(command)],
      cwd,
      env: this.#env,
      stdin: "null",
    }).output();
    const decoder = new TextDecoder();
    equal(code, 0, `${command}: ${decoder.decode(stderr)}${decoder.decode(stdout)}`);
    return decoder.decode(stdout);
  }

  /** Runs one command of a unit. */
  async exec(words: readonly string[]): Promise<void> {
    const quoted = words.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(" ");
    await this.type(quoted, `${this.#root}/var/lib/chatbox50`);
  }
}

Deno.test("docs/deploy.md says of every command how it is known to work, and of no test that is none", async () => {
  const commands = await pageCommands();
  equal(commands.length > 40, true);
  for (const { command, proof, words } of commands) {
    equal([proof.test, proof.bare, proof.otherwise].includes(true), true, `${command}: ${words}`);
    if (!proof.test) continue;
    const elsewhere = ELSEWHERE.find(([pattern]) => pattern.test(command));
    equal(elsewhere === undefined || /proxies_test/.test(elsewhere[1]), true, command);
  }
});

Deno.test(
  "End to end: the commands of docs/deploy.md run in their order, from the download to the erasure",
  ON_LINUX,
  async () => {
    await using world = await World.start();
    const { discord, forum } = world;
    const machine = await Machine.make(world.folder);
    const { command: program, args } = await commandIn(world.folder);
    const script = `#!/bin/sh\nexec '${[program, ...args].join("' '")}' "$@"\n`;
    await using releases = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, ({ url }) => {
      const hash = createHash("sha256").update(script).digest("hex");
      return new Response(new URL(url).pathname === `/${EXECUTABLE}` ? script : `${hash}  ${EXECUTABLE}\n`);
    });
    const config = machine.here("/etc/chatbox50/chatbox50.conf");
    const backups = machine.here("/var/lib/private/chatbox50/backups");

    let server: ServerProcess | undefined;
    await using cleanup = new AsyncDisposableStack();
    cleanup.defer(async () => await server?.[Symbol.asyncDispose]());
    let url = "";
    const start = async (): Promise<void> => {
      const [command = []] = await unitCommands("chatbox50.service", "ExecStart", machine.credentials);
      await Deno.copyFile(config, `${machine.credentials}/chatbox50.conf`);
      // Perl and the socket: systemd_test.ts
      server = await ServerProcess.start(`${world.folder}/var/lib/chatbox50`, {}, command.slice(-3));
      url = await server.url();
    };
    const stop = async (): Promise<void> => void equal((await server?.stop())?.code, 0);

    let session: string | null = null;
    let uid = "";
    const say = async (content: string): Promise<void> => {
      await using visitor = await SocketClient.hello(url, session);
      const welcome = await visitor.next();
      uid = String(welcome.uid);
      session = typeof welcome.session === "string" ? welcome.session : session;
      visitor.send({ type: "send", cid: crypto.randomUUID(), content });
      await visitor.nextOf("delivered");
    };
    const history = async (): Promise<string> => {
      await using visitor = await SocketClient.hello(url, session);
      return JSON.stringify(await visitor.next());
    };
    const backUp = async (): Promise<void> => {
      const day = 86_400_000;
      for (const key of ["ExecStartPre", "ExecStart", "ExecStartPost"]) {
        for (const command of await unitCommands("chatbox50-backup.service", key, machine.credentials)) {
          if (key === "ExecStart") {
            for (
              const [name, days] of [["chatbox50-20200101T000000Z.db", 16], [
                "chatbox50-20200103T000000Z.db",
                13,
              ]] as const
            ) {
              await Deno.writeTextFile(`${backups}/${name}`, "");
              await Deno.utime(`${backups}/${name}`, new Date(), new Date(Date.now() - days * day));
            }
          }
          await machine.exec(command);
        }
      }
      const names = [...Deno.readDirSync(backups)].map(({ name }) => name).sort();
      equal(names.shift(), "chatbox50-20200103T000000Z.db");
      match(names.join(), /^chatbox50-\d{8}T\d{6}Z\.db$/);
    };

    /** What stands for systemd here, and what a command has to show. */
    const HOOKS:
      readonly (readonly [RegExp, (output: string, command: string) => Promise<void> | void, "instead"?])[] =
        [
          [/^release=/, () => {}, "instead"],
          [/^sudoedit/, async () => {
            const text = (await Deno.readTextFile(config)).replace("DISCORD_TOKEN=", `$&${discord.token}`)
              .replace("PORT=8000", "PORT=0");
            await Deno.writeTextFile(config, `${machine.here(text)}DISCORD_API_URL=${discord.url}\n`);
            equal((await Deno.stat(config)).mode ?? 0 & 0o777, 0o100600);
          }, "instead"],
          [/admin check$/, (output) => match(output, /^(?:ok {4}.*\n)+$/)],
          [/systemctl enable --now chatbox50$/, async () => {
            await start();
            await say("Where is my order?");
          }, "instead"],
          [/^curl .*readyz/, (output) => match(output, /./)],
          [/systemctl start chatbox50-backup\.service/, async () => {
            await say("Before the backup");
            await Deno.remove(backups, { recursive: true }).catch(() => {});
            await backUp();
            // As if somebody had sent a file.
            const [copy = ""] = [...Deno.readDirSync(backups)].map(({ name }) => name).sort().slice(-1);
            await Deno.mkdir(`${backups}/${copy}-files`);
            await Deno.writeTextFile(`${backups}/${copy}-files/sent`, copy);
            await say("After the backup");
          }, "instead"],
          [/^sudo ls -l/, (output) => match(output, /chatbox50-\d{8}T\d{6}Z\.db/)],
          // As after a crash: the log is there, and holds what was acked last.
          [/systemctl stop chatbox50/, async () => void await server?.stop("SIGKILL"), "instead"],
          [/mv "chatbox50\.db/, async (_output, command) => {
            const folder = `${world.folder}/var/lib/private/chatbox50`;
            const aside = (): string[] =>
              [...Deno.readDirSync(folder)].map(({ name }) => name).filter((name) =>
                /^broken-\d{8}T\d{6}Z-/.test(name)
              );
            const [first = ""] = aside();
            const demandRestored = async (): Promise<void> => {
              match(await Deno.readTextFile(`${folder}/chatbox50.db-files/sent`), /^chatbox50-\d{8}T/);
              deepEqual([...Deno.readDirSync(`${folder}/chatbox50.db-files`)].map(({ name }) => name), [
                "sent",
              ]);
              equal((await Deno.stat(`${folder}/${first}/chatbox50.db-wal`)).size > 0, true);
            };
            await demandRestored();
            // Whoever is in a hurry types it again.
            for (const times of [2, 3]) {
              await machine.type(command);
              equal(aside().length, times);
              await demandRestored();
            }
            // A database that is there is worth more than a copy that is not.
            await Deno.rename(backups, `${backups}.away`);
            await rejects(machine.type(command), /: ls: /);
            await Deno.rename(`${backups}.away`, backups);
            equal(aside().length, 3);
            await demandRestored();
            match(
              await machine.type(
                `chatbox50 export --format txt --database-path ${folder}/${first}/chatbox50.db`,
              ),
              /After the backup/,
            );
          }],
          [/systemctl start chatbox50$/, async () => {
            await start();
            const words = await history();
            equal(words.includes("After the backup"), false);
            // At the end of the page the visitor is erased.
            equal(words.includes("Before the backup"), discord.threads(forum).length > 0);
          }, "instead"],
          [/systemctl restart chatbox50$/, async () => {
            await stop();
            await start();
          }, "instead"],
          [/export/, (output) => match(output, /visitor: Before the backup/)],
          [/erase/, () => equal(discord.threads(forum).length, 0)],
          [/purge/, (output) => match(output, /^Removed 0 messages/)],
          [/stats/, (output) => match(output, /^Conversations +0$/m)],
        ];
    const ran: string[] = [];
    for (const { command, proof } of await pageCommands()) {
      if (ELSEWHERE.some(([pattern]) => pattern.test(command))) continue;
      const hook = HOOKS.find(([pattern]) => pattern.test(command));
      const typed = command.replaceAll("$release", `http://127.0.0.1:${releases.addr.port}`)
        .replaceAll("http://127.0.0.1:8000", url).replaceAll(UID_OF_PAGE, uid);
      const output = hook?.[2] === "instead" ? "" : await machine.type(typed);
      await hook?.[1](output, typed);
      // The scripts name the program where it is installed; here that is below the folder.
      if (/chatbox50-admin \/usr/.test(command)) {
        const admin = machine.here("/usr/local/sbin/chatbox50-admin");
        await Deno.writeTextFile(admin, machine.here(await Deno.readTextFile(admin)));
      }
      if (proof.test) ran.push(command);
    }
    const promised = (await pageCommands()).filter(({ command, proof }) =>
      proof.test && !ELSEWHERE.some(([pattern]) => pattern.test(command))
    );
    deepEqual(ran, promised.map(({ command }) => command));
  },
);

/** Whether systemd's tools are here; the first process need not be it. */
const analyzes = await new Deno.Command("systemd-analyze", {
  args: ["--version"],
  stdout: "null",
  stderr: "null",
})
  .output().then(({ success }) => success, () => false);

Deno.test("The service's unit bounds the memory that strangers can make the runtime hold", async () => {
  const unit = await Deno.readTextFile(new URL("../../docs/deploy/chatbox50.service", import.meta.url));
  match(unit, /^MemoryMax=[1-9]\d*[%KMGT]$/m);
});

Deno.test({
  name: "The units are without a complaint of systemd-analyze verify, and as hardened as the page says",
  ignore: !analyzes,
  fn: async () => {
    const folder = await Deno.makeTempDir();
    try {
      const units = ["chatbox50.service", "chatbox50-backup.service", "chatbox50-backup.timer"];
      for (const unit of units) {
        await Deno.copyFile(new URL(`../../docs/deploy/${unit}`, import.meta.url), `${folder}/${unit}`);
      }
      const analyze = async (...args: readonly string[]): Promise<string> => {
        const { stdout, stderr } = await new Deno.Command("systemd-analyze", { args: [...args], cwd: folder })
          .output();
        return new TextDecoder().decode(stderr) + new TextDecoder().decode(stdout);
      };
      // A call outside of the filter would end the program with a signal, and Deno makes some.
      for (const unit of units.slice(0, 2)) {
        match(await Deno.readTextFile(`${folder}/${unit}`), /^SystemCallErrorNumber=EPERM$/m);
      }
      equal(await analyze("verify", "--man=no", ...units.map((unit) => `./${unit}`)), "");
      for (const [unit, most] of [["chatbox50.service", 1.5], ["chatbox50-backup.service", 4]] as const) {
        const [, exposure] = /Overall exposure level for .*: ([\d.]+) /.exec(
          await analyze("security", "--offline=true", "--no-pager", `./${unit}`),
        ) ?? [];
        equal(Number(exposure) <= most, true, `${unit}: ${exposure}`);
      }
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});
