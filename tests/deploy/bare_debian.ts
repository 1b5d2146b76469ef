import { TextLineStream } from "../e2e/text_lines.ts";
import { Collector, within } from "../support/until.ts";

/** What a bare server has: no more than Debian's own base, systemd and a person who may become root. */
const PACKAGES = "systemd,systemd-sysv,dbus,sudo";
const PERSON = "admin";
/** How long one command of the page may take, packages from the network included, in milliseconds. */
const COMMAND_LIMIT_MS = 300_000;
/** How long a container may take to end in good order, in milliseconds. */
const END_LIMIT_MS = 30_000;

/** How a command ended. */
export interface Outcome {
  readonly code: number;
  /** Standard output and standard error, as a terminal shows them. */
  readonly output: string;
}

/**
 * A bare Debian 12 with systemd as its first process, in a container of `systemd-nspawn` that has this machine's network. Needs root,
 * `systemd-container` and `debootstrap`.
 */
export class BareDebian implements AsyncDisposable {
  /** Where its files lie here. */
  readonly root: string;
  readonly #container: Deno.ChildProcess;
  readonly #first: number;
  readonly #shell: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #lines = new Collector<string>();
  #commands = 0;

  private constructor(root: string, container: Deno.ChildProcess, first: number, shell: Deno.ChildProcess) {
    this.root = root;
    this.#container = container;
    this.#first = first;
    this.#shell = shell;
    this.#input = shell.stdin.getWriter();
    void this.#read();
  }

  /**
   * Makes it, boots it, and logs the person in.
   *
   * @param base a folder that `debootstrap` has filled, to begin with a copy; made anew when left out
   */
  static async boot(base?: string): Promise<BareDebian> {
    await using unfinished = new AsyncDisposableStack();
    const root = await Deno.makeTempDir({ prefix: "bare-debian-" });
    unfinished.defer(() => Deno.remove(root, { recursive: true }));
    if (base === undefined) {
      await run("debootstrap", "--variant=minbase", `--include=${PACKAGES}`, "bookworm", root);
    } else await run("cp", "-a", `${base}/.`, root);
    // Made for its owner alone; as the root of a system, nobody else would reach any file, the bus's user neither.
    await Deno.chmod(root, 0o755);
    await run("cp", "/etc/resolv.conf", `${root}/etc/resolv.conf`);
    await run("chroot", root, "useradd", "--create-home", "--shell", "/bin/bash", PERSON);
    await Deno.writeTextFile(`${root}/etc/sudoers.d/${PERSON}`, `${PERSON} ALL=(ALL) NOPASSWD: ALL\n`);
    await Deno.writeTextFile(`${root}/etc/hostname`, "bare\n");
    await Deno.writeTextFile(`${root}/etc/hosts`, "127.0.0.1 localhost bare\n");
    const container = new Deno.Command("systemd-nspawn", {
      args: ["--boot", "--register=no", "--keep-unit", "--console=pipe", "--machine=bare", "-D", root],
      env: { SYSTEMD_NSPAWN_UNIFIED_HIERARCHY: "1" },
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    let first = container.pid;
    unfinished.defer(() => end(container, first));
    first = await firstProcess(container.pid);
    const enter = ["--target", String(first), "--mount", "--uts", "--ipc", "--pid", "--cgroup"];
    // systemd answers once its bus is there; "degraded" is a unit of Debian's own that a container cannot have.
    await within("systemd", run("nsenter", ...enter, "/bin/sh", "-c", BOOTED), 60_000);
    const shell = new Deno.Command("nsenter", {
      args: [...enter, "su", "--login", PERSON, "-c", "exec bash 2>&1"],
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    unfinished.move();
    return new BareDebian(root, container, first, shell);
  }

  /** Runs a command as the person types it; what an earlier one has set is set. */
  async type(command: string): Promise<Outcome> {
    const mark = `@@ end of command ${++this.#commands}: `;
    const from = this.#lines.items.length;
    await this.#input.write(
      new TextEncoder().encode(`{ ${command}\n} </dev/null\nended=$?; echo; echo "${mark}$ended"\n`),
    );
    const { promise, resolve } = Promise.withResolvers<string>();
    void this.#watch(mark, resolve);
    const last = await within(`the end of ${command}`, promise, COMMAND_LIMIT_MS);
    const output = this.#lines.items.slice(from).filter((line) => line !== last).join("\n").trim();
    return { code: Number(last.slice(mark.length)), output };
  }

  async #watch(mark: string, resolve: (line: string) => void): Promise<void> {
    for (let seen = 0;;) {
      for (; seen < this.#lines.items.length; seen++) {
        const line = this.#lines.items[seen] ?? "";
        if (line.startsWith(mark)) return resolve(line);
      }
      await this.#lines.count("lines", seen + 1).catch(() => {});
    }
  }

  async #read(): Promise<void> {
    const lines = this.#shell.stdout.pipeThrough(new TextDecoderStream()).pipeThrough(new TextLineStream());
    for await (const line of lines) this.#lines.push(line);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#input.close();
    await end(this.#container, this.#first);
    await Deno.remove(this.root, { recursive: true });
  }
}

const BOOTED =
  "until systemctl is-system-running --wait 2>/dev/null | grep -qE 'running|degraded'; do sleep 0.2; done";

async function run(program: string, ...args: readonly string[]): Promise<void> {
  const { success, stdout, stderr } = await new Deno.Command(program, { args: [...args] }).output();
  if (success) return;
  const decoder = new TextDecoder();
  throw new Error(`${program} failed: ${decoder.decode(stdout).slice(-2000)}${decoder.decode(stderr)}`);
}

/** Ends a container: its first process ends in good order on this. One that hangs is killed, and all in the container with it. */
async function end(container: Deno.ChildProcess, first: number): Promise<void> {
  container.kill("SIGTERM");
  const timer = setTimeout(() => Deno.kill(first, "SIGKILL"), END_LIMIT_MS);
  await container.status;
  clearTimeout(timer);
}

/** Finds the container's first process, by this machine's number. */
async function firstProcess(nspawn: number): Promise<number> {
  for (let tries = 0; tries < 100; tries++) {
    const { promise, resolve } = Promise.withResolvers<void>();
    setTimeout(resolve, 100);
    await promise;
    const children = await Deno.readTextFile(`/proc/${nspawn}/task/${nspawn}/children`).catch(() => "");
    for (const pid of children.trim().split(" ").filter((each) => each !== "")) {
      const status = await Deno.readTextFile(`/proc/${pid}/status`).catch(() => "");
      if (/^NSpid:\s+\d+\s+1$/m.test(status)) return Number(pid);
    }
  }
  throw new Error("Cannot find the container's first process: systemd-nspawn has not made it");
}
