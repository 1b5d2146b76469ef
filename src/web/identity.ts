import { ChatBoxError, type Clock, isUuid, type Uuid } from "../core/mod.ts";
import { equalBytes, equalText, SessionKeys, sha256 } from "./session_keys.ts";
import type { Subject } from "./sign_in.ts";

/** Where sessions of visitors who have written are kept. */
export interface SessionStore {
  find(secretHash: Uint8Array): Promise<{ readonly secretHash: Uint8Array; readonly uid: Uuid } | undefined>;
  /** Stores a session, or that it was used again; the connection must exist. */
  save(secretHash: Uint8Array, uid: Uuid, at: number): Promise<void>;
}

/** Where it is kept which conversation belongs to whom the site has signed in. */
export interface IdentityStore {
  find(subjectHash: Uint8Array): Promise<Uuid | undefined>;
  /** Whether a conversation belongs to somebody who signed in. */
  isOwned(uid: Uuid): Promise<boolean>;
  /** Gives a subject an existing conversation unless one of them is taken; gives the one that is the subject's now. */
  claim(subjectHash: Uint8Array, uid: Uuid): Promise<Uuid | undefined>;
}

/** A visitor, recognised or new. */
export interface Visitor {
  readonly uid: Uuid;
  /** The whole session, only when it was made just now. */
  readonly issued?: string;
  /** By what they are recognised: a secret in their browser, or their site's word. Secrets and names are kept as SHA-256 only. */
  readonly by:
    | { readonly secretHash: Uint8Array }
    | { readonly subjectHash: Uint8Array; readonly subject: Subject };
}

/** Options of {@link Identity}. */
export interface IdentityOptions {
  /** At least 32 random bytes that stay the same across restarts. */
  readonly key: Uint8Array;
  readonly sessions: SessionStore;
  readonly identities: IdentityStore;
  readonly clock: Clock;
}

const SESSION = /^([0-9a-f-]{36})\.([A-Za-z0-9_-]{43})$/;

/**
 * How long a signed-in visitor's session opens their files, in milliseconds. The conversation itself is opened by a token only, at
 * every `hello`.
 */
const SIGNED_IN_FOR_MS = 7 * 24 * 60 * 60_000;

/**
 * Issues and recognises sessions, `<uid>.<secret>` with 256 random bits of secret in base64url.
 *
 * A visitor who never writes leaves no row, and still may open a second tab or reload. So the uid is derived from the
 * secret with a key of the server: that this server issued a session can be seen from the session itself. Once the visitor has
 * written, the SHA-256 of the secret is stored and decides.
 *
 * A conversation of somebody who signed in is theirs on every device: no anonymous session opens it any more.
 */
export class Identity {
  readonly #keys: SessionKeys;
  readonly #sessions: SessionStore;
  readonly #identities: IdentityStore;
  readonly #clock: Clock;

  constructor({ key, sessions, identities, clock }: IdentityOptions) {
    this.#keys = new SessionKeys(key);
    this.#sessions = sessions;
    this.#identities = identities;
    this.#clock = clock;
  }

  /**
   * Recognises an anonymous session, or makes a new one when it is missing, malformed, unknown or a signed-in visitor's.
   *
   * @throws {ChatBoxError} when the look-up fails; a visitor is never given a new conversation for that
   */
  async recognise(session: string | null): Promise<Visitor> {
    return await this.#anonymous(session) ?? await this.#issue();
  }

  /**
   * Finds the conversation of a subject. Who has none yet takes along what was written in this browser before.
   *
   * @throws {ChatBoxError} when the look-up fails
   */
  async signIn(session: string | null, subject: Subject): Promise<Visitor> {
    const subjectHash = await sha256(subject.id);
    const uid = await lookUp(this.#identities.find(subjectHash)) ??
      await this.#takeAlong(session, subjectHash) ??
      await this.#keys.uidOfSubject(subject.id);
    const visitor: Visitor = { uid, by: { subjectHash, subject } };
    const expiresAt = await this.#signedInUntil(session, uid);
    if (expiresAt !== undefined && expiresAt - this.#clock.now() > SIGNED_IN_FOR_MS / 2) return visitor;
    const secret = await this.#keys.newSignedInSecret(uid, this.#clock.now() + SIGNED_IN_FOR_MS);
    return { ...visitor, issued: `${uid}.${secret}` };
  }

  async #takeAlong(session: string | null, subjectHash: Uint8Array): Promise<Uuid | undefined> {
    const before = await this.#anonymous(session);
    return before && await lookUp(this.#identities.claim(subjectHash, before.uid));
  }

  /**
   * The conversation whose files a session opens, an anonymous visitor's or a signed-in one's.
   *
   * @throws {ChatBoxError} when the look-up fails
   */
  async conversationOf(session: string): Promise<Uuid | undefined> {
    const [, uid = ""] = SESSION.exec(session) ?? [];
    if (!isUuid(uid)) return undefined;
    const expiresAt = await this.#signedInUntil(session, uid);
    if (expiresAt !== undefined) return expiresAt > this.#clock.now() ? uid : undefined;
    return (await this.#anonymous(session))?.uid;
  }

  /**
   * Notes a visitor whose conversation exists now.
   *
   * @throws {ChatBoxError} `closed` when the visitor has begun another conversation on another device at the same time
   */
  async save({ uid, by }: Visitor): Promise<void> {
    if ("secretHash" in by) return await this.#sessions.save(by.secretHash, uid, this.#clock.now());
    if (await this.#identities.claim(by.subjectHash, uid) === uid) return;
    throw new ChatBoxError("closed", "Cannot go on in this conversation: it has moved to another one");
  }

  async #anonymous(session: string | null): Promise<Visitor | undefined> {
    const [, uid = "", secret = ""] = SESSION.exec(session ?? "") ?? [];
    if (!isUuid(uid)) return undefined;
    const secretHash = await sha256(secret);
    const stored = await lookUp(this.#sessions.find(secretHash));
    const isOurs = stored !== undefined
      ? equalBytes(stored.secretHash, secretHash) && stored.uid === uid
      : equalText(await this.#keys.uidOfSecret(secret), uid);
    if (!isOurs || await lookUp(this.#identities.isOwned(uid))) return undefined;
    return { uid, by: { secretHash } };
  }

  async #issue(): Promise<Visitor> {
    const secret = this.#keys.newSecret();
    const uid = await this.#keys.uidOfSecret(secret);
    return { uid, by: { secretHash: await sha256(secret) }, issued: `${uid}.${secret}` };
  }

  async #signedInUntil(session: string | null, uid: Uuid): Promise<number | undefined> {
    const [, of, secret = ""] = SESSION.exec(session ?? "") ?? [];
    return of === uid ? await this.#keys.expiryOf(uid, secret) : undefined;
  }
}

async function lookUp<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    throw new ChatBoxError("overloaded", "Cannot look the visitor up: try again later", { cause });
  }
}
