import { BOT, CHANNEL_ID, GUILD_ID } from "./world.ts";

interface Session {
  readonly socket: WebSocket;
  seq: number;
  identified: boolean;
}

/** HELLO, READY and GUILD_CREATE; knows no resuming, and introduces the guild without threads and roles. */
export class PlainGateway {
  readonly #sessions = new Set<Session>();
  readonly #guild: Readonly<Record<string, unknown>>;
  #muted = false;
  /** How many sessions have begun. */
  identifies = 0;

  constructor(kind: number) {
    const channel = { id: CHANNEL_ID, type: kind, name: "chatbox50", guild_id: GUILD_ID };
    this.#guild = { id: GUILD_ID, name: "Plain", channels: [channel] };
  }

  /** Accepts a connection. */
  accept(request: Request): Response {
    const { socket, response } = Deno.upgradeWebSocket(request);
    const session: Session = { socket, seq: 0, identified: false };
    socket.onopen = () => {
      this.#sessions.add(session);
      send(session, { op: 10, d: { heartbeat_interval: 41_250 } });
    };
    socket.onclose = () => this.#sessions.delete(session);
    socket.onmessage = ({ data }) => this.#receive(session, JSON.parse(String(data)).op, request.url);
    return response;
  }

  #receive(session: Session, op: number, url: string): void {
    if (op === 1) send(session, { op: 11 });
    if (op === 6) send(session, { op: 9, d: false });
    if (op !== 2) return;
    this.identifies++;
    session.identified = true;
    const guild = { id: GUILD_ID, unavailable: true };
    this.#tell(session, "READY", {
      v: 10,
      user: BOT,
      guilds: [guild],
      session_id: `session-${this.identifies}`,
      resume_gateway_url: url.replace(/^http/, "ws"),
      application: { id: BOT.id, flags: 0 },
    });
    this.#tell(session, "GUILD_CREATE", this.#guild);
  }

  /** Tells everybody who listens. */
  dispatch(event: string, data: unknown): void {
    if (this.#muted) return;
    for (const session of this.#sessions) if (session.identified) this.#tell(session, event, data);
  }

  #tell(session: Session, event: string, data: unknown): void {
    send(session, { op: 0, t: event, s: ++session.seq, d: data });
  }

  /** The guild is out of order, and nobody is told what happens in it meanwhile. */
  outage(meanwhile: () => void): void {
    this.dispatch("GUILD_DELETE", { id: GUILD_ID, unavailable: true });
    this.#muted = true;
    meanwhile();
    this.#muted = false;
    this.dispatch("GUILD_CREATE", this.#guild);
  }

  /** Cuts every connection, with a code after which the bot tries to resume. */
  drop(): void {
    for (const session of this.#sessions) {
      session.identified = false;
      session.socket.close(4000);
    }
  }
}

function send({ socket }: Session, packet: unknown): void {
  if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(packet));
}
