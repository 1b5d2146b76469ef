import { BOT, CHANNEL_ID, GUILD_ID } from "./world.ts";

interface Session {
  readonly socket: WebSocket;
  seq: number;
  identified: boolean;
}

/** HELLO, READY and GUILD_CREATE; knows no resuming, and introduces the guild without threads and roles. */
export class PlainGateway {
  readonly #sessions = new Set<Session>();
  readonly #kind: number;
  /** How many sessions have begun. */
  identifies = 0;

  constructor(kind: number) {
    this.#kind = kind;
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
    const channel = { id: CHANNEL_ID, type: this.#kind, name: "chatbox50", guild_id: GUILD_ID };
    this.#tell(session, "GUILD_CREATE", { id: GUILD_ID, name: "Plain", channels: [channel] });
  }

  /** Tells everybody who listens. */
  dispatch(event: string, data: unknown): void {
    for (const session of this.#sessions) if (session.identified) this.#tell(session, event, data);
  }

  #tell(session: Session, event: string, data: unknown): void {
    send(session, { op: 0, t: event, s: ++session.seq, d: data });
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
