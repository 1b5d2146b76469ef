import { TextLineStream } from "../e2e/text_lines.ts";
import { Collector } from "./until.ts";

// Deno receives no datagrams of Unix sockets without an unstable flag; Perl is on every Debian.
const RECEIVER = `
use Socket;
$| = 1;
socket(S, PF_UNIX, SOCK_DGRAM, 0) && bind(S, pack_sockaddr_un($ARGV[0])) or die "cannot bind: $!";
print "bound\\n";
while (defined recv(S, my $message, 65536, 0)) { $message =~ s/\\n/|/g; print "$message\\n"; }
`;

/** A notification socket as systemd has one. */
export class NotifySocket implements AsyncDisposable {
  /** What came, with | for line ends. */
  readonly messages = new Collector<string>();
  readonly path: string;
  readonly #child: Deno.ChildProcess;
  readonly #reading: Promise<void>;

  private constructor(path: string, child: Deno.ChildProcess) {
    this.path = path;
    this.#child = child;
    this.#reading = this.#read();
  }

  /** Binds it. @param path where no file is */
  static async bind(path: string): Promise<NotifySocket> {
    const child = new Deno.Command("perl", { args: ["-e", RECEIVER, path], stdout: "piped" }).spawn();
    const socket = new NotifySocket(path, child);
    await socket.messages.count("lines of the receiver", 1);
    return socket;
  }

  async #read(): Promise<void> {
    const lines = this.#child.stdout.pipeThrough(new TextDecoderStream()).pipeThrough(new TextLineStream());
    for await (const line of lines) this.messages.push(line);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGTERM");
    await this.#child.status;
    await this.#reading;
  }
}
