import { deepEqual, equal, match, notEqual } from "node:assert/strict";
import { SignJWT, UnsecuredJWT } from "jose";
import type { Uuid } from "../../src/core/mod.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { Log } from "../support/log.ts";
import { type Frame, SocketClient } from "../support/socket_client.ts";
import { socketTest } from "./server_test_case.ts";
import { startServer, type TestServer } from "./web_server.ts";

const SECRET = "0123456789abcdef0123456789abcdef";
const clock = new FakeClock();
const HOUR_S = 3_600;

interface TokenOptions {
  readonly secret?: string;
  readonly algorithm?: string;
  readonly expiresInS?: number | undefined;
}

function token(claims: Record<string, unknown>, options: TokenOptions = {}): Promise<string> {
  const { secret = SECRET, algorithm = "HS256" } = options;
  const expiresInS = "expiresInS" in options ? options.expiresInS : HOUR_S;
  const jwt = new SignJWT(claims).setProtectedHeader({ alg: algorithm });
  if (expiresInS !== undefined) jwt.setExpirationTime(Math.floor(clock.now() / 1000) + expiresInS);
  return jwt.sign(new TextEncoder().encode(secret));
}

interface Arrival extends AsyncDisposable {
  readonly client: SocketClient;
  readonly welcome: Frame;
}

async function arrive(
  url: string,
  identity?: unknown,
  session: string | null = null,
  after = 0,
): Promise<Arrival> {
  const client = await SocketClient.connect(url);
  client.send({ type: "hello", v: 1, session, after, ...(identity !== undefined && { identity }) });
  const welcome = await client.nextOf("welcome");
  return { client, welcome, [Symbol.asyncDispose]: () => client[Symbol.asyncDispose]() };
}

async function write({ client }: Arrival, content: string): Promise<void> {
  client.send({ type: "send", cid: crypto.randomUUID(), content });
  await client.nextOf("acks");
}

const contents = ({ welcome }: Arrival): unknown[] =>
  (welcome.messages as { content: string }[]).map(({ content }) => content);

function signInTest(name: string, run: (server: TestServer) => Promise<void>): void {
  socketTest(name, run, { identitySecret: SECRET, clock });
}

signInTest(
  "Sign-in opens the same conversation on every device, written in or not, with name and e-mail for staff",
  async ({ url, chatBox }) => {
    const claims = {
      sub: "user-1",
      name: "Ada\u202e\n Lovelace",
      email: "ada@shop.example",
      extra: { a: 1 },
    };
    await using phone = await arrive(url, { token: await token(claims) });
    await using laptop = await arrive(url, { token: await token(claims), name: "Somebody else" });
    equal(laptop.welcome.uid, phone.welcome.uid);
    notEqual(laptop.welcome.session, phone.welcome.session);
    await write(phone, "from the phone");
    await write(laptop, "from the laptop");
    await using tablet = await arrive(url, { token: await token({ sub: "user-1" }) });
    deepEqual(contents(tablet), ["from the phone", "from the laptop"]);
    await using other = await arrive(url, { token: await token({ sub: "user-2" }) });
    deepEqual(contents(other), []);
    notEqual(other.welcome.uid, phone.welcome.uid);
    const connection = chatBox.connection(phone.welcome.uid as Uuid);
    deepEqual(await connection.properties.get("visitor"), { id: "user-1", verified: true });
    await arrive(url, { token: await token(claims) }).then((again) => again[Symbol.asyncDispose]());
    deepEqual(await connection.properties.get("visitor"), {
      id: "user-1",
      name: "Ada Lovelace",
      email: "ada@shop.example",
      verified: true,
    });
  },
);

signInTest(
  "Sign-in takes along what was written before, and the anonymous session opens it no more",
  async ({ url }) => {
    await using before = await arrive(url);
    await write(before, "a question");
    const session = String(before.welcome.session);
    await using signedIn = await arrive(url, { token: await token({ sub: "user-1" }) }, session, 1);
    deepEqual([signedIn.welcome.uid, signedIn.welcome.rev, signedIn.welcome.reset], [
      before.welcome.uid,
      1,
      false,
    ]);
    await using elsewhere = await arrive(url, { token: await token({ sub: "user-1" }) });
    deepEqual(contents(elsewhere), ["a question"]);
    await using anonymous = await arrive(url, undefined, session);
    notEqual(anonymous.welcome.uid, before.welcome.uid);
    deepEqual(contents(anonymous), []);
    const response = await fetch(`${url}/upload`, {
      method: "POST",
      body: "x",
      headers: { Authorization: `Bearer ${session}` },
    });
    await response.body?.cancel();
    equal(response.status, 401);
  },
);

signInTest("[O3] Sign-in gives nobody a conversation that is somebody else's", async ({ url }) => {
  await using ada = await arrive(url);
  await write(ada, "ada's");
  const session = String(ada.welcome.session);
  await using _ada = await arrive(url, { token: await token({ sub: "ada" }) }, session);
  await using bob = await arrive(url, { token: await token({ sub: "bob" }) }, session, 1);
  notEqual(bob.welcome.uid, ada.welcome.uid);
  deepEqual([contents(bob), bob.welcome.reset], [[], true]);
});

signInTest(
  "Sign-in keeps apart what was written before when the subject has a conversation already",
  async ({ url }) => {
    await using first = await arrive(url, { token: await token({ sub: "ada" }) });
    await write(first, "known");
    await using anonymous = await arrive(url);
    await write(anonymous, "anonymous");
    await using again = await arrive(
      url,
      { token: await token({ sub: "ada" }) },
      String(anonymous.welcome.session),
      1,
    );
    deepEqual([contents(again), again.welcome.reset], [["known"], true]);
  },
);

signInTest(
  "Sign-out is a hello without a token: a new, empty conversation whatever the session was",
  async ({ url }) => {
    await using signedIn = await arrive(url, { token: await token({ sub: "ada" }) });
    await write(signedIn, "ada's");
    for (const session of [null, String(signedIn.welcome.session)]) {
      await using out = await arrive(url, undefined, session, 1);
      notEqual(out.welcome.uid, signedIn.welcome.uid);
      deepEqual([contents(out), out.welcome.reset, typeof out.welcome.session], [[], true, "string"]);
    }
  },
);

const TAMPERED: readonly (readonly [name: string, make: () => Promise<string> | string, reason: RegExp])[] = [
  ["has expired", () => token({ sub: "ada" }, { expiresInS: -6 }), /it has expired$/],
  ["never ends", () => token({ sub: "ada" }, { expiresInS: undefined }), /claim exp is missing/],
  ["names nobody", () => token({}), /claim sub is missing/],
  ["has an empty sub", () => token({ sub: "" }), /its sub is not a text/],
  ["has a sub that is no text", () => token({ sub: 1 as unknown as string }), /sub/],
  [
    "is signed with another secret",
    () => token({ sub: "ada" }, { secret: `${SECRET}x` }),
    /signature is not made with IDENTITY_SECRET$/,
  ],
  [
    "is signed with another algorithm",
    () => token({ sub: "ada" }, { algorithm: "HS512", secret: SECRET + SECRET }),
    /not signed with HS256$/,
  ],
  [
    "is not signed",
    () => new UnsecuredJWT({ sub: "ada" }).setExpirationTime("1h").encode(),
    /not a signed JWT$|not signed with HS256$/,
  ],
  ["is no token", () => "nonsense", /not a signed JWT$/],
  ["is too long", () => token({ sub: "ada", pad: "x".repeat(9_000) }), /not a signed JWT$/],
];

for (const [name, make, reason] of TAMPERED) {
  signInTest(
    `[O3] Sign-in with a token that ${name} is forbidden, and the visitor stays anonymous`,
    async ({ url }) => {
      await using ada = await arrive(url, { token: await token({ sub: "ada" }) });
      await write(ada, "ada's");
      await using refused = await arrive(url, { token: await make() }, String(ada.welcome.session), 1);
      notEqual(refused.welcome.uid, ada.welcome.uid);
      deepEqual(contents(refused), []);
      const { code, message } = await refused.client.next();
      equal(code, "forbidden");
      match(String(message), reason);
      match(String(message), /^Cannot sign in: the token is not accepted, /);
      await write(refused, "still possible");
    },
  );
}

signInTest(
  "Sign-in with a bad token goes on with the browser's own anonymous conversation",
  async ({ url }) => {
    await using anonymous = await arrive(url);
    await write(anonymous, "mine");
    await using refused = await arrive(url, { token: "nonsense" }, String(anonymous.welcome.session));
    deepEqual(contents(refused), ["mine"]);
    equal((await refused.client.next()).code, "forbidden");
  },
);

socketTest("Sign-in without IDENTITY_SECRET is forbidden with words that say so", async ({ url }) => {
  await using refused = await arrive(url, { token: await token({ sub: "ada" }) });
  match(String((await refused.client.next()).message), /IDENTITY_SECRET is not set/);
}, { clock });

signInTest(
  "Names without a token are kept as claimed, and never overrule a token",
  async ({ url, chatBox }) => {
    await using visitor = await arrive(url, { name: "The boss", email: 7, token: null });
    await write(visitor, "hello");
    const { properties } = chatBox.connection(visitor.welcome.uid as Uuid);
    deepEqual(await properties.get("visitor"), { name: "The boss", verified: false });
  },
);

signInTest("A signed-in session opens files for a week and is renewed after half of it", async ({ url }) => {
  await using first = await arrive(url, { token: await token({ sub: "ada" }) });
  const session = String(first.welcome.session);
  const status = async (): Promise<number> => {
    const response = await fetch(`${url}/files/none`, { headers: { Authorization: `Bearer ${session}` } });
    await response.body?.cancel();
    return response.status;
  };
  equal(await status(), 404);
  await using soon = await arrive(url, { token: await token({ sub: "ada" }) }, session);
  equal(soon.welcome.session, undefined);
  clock.advance(4 * 24 * HOUR_S * 1000);
  await using later = await arrive(url, { token: await token({ sub: "ada" }) }, session);
  notEqual(later.welcome.session, undefined);
  clock.advance(3 * 24 * HOUR_S * 1000 - 1);
  equal(await status(), 404);
  clock.advance(1);
  equal(await status(), 401);
});

signInTest(
  "A conversation that was begun elsewhere meanwhile is found at the next hello",
  async ({ url }) => {
    await using phone = await arrive(url, { token: await token({ sub: "ada" }) });
    await using browser = await arrive(url);
    await write(browser, "before");
    await using laptop = await arrive(
      url,
      { token: await token({ sub: "ada" }) },
      String(browser.welcome.session),
    );
    deepEqual(contents(laptop), ["before"]);
    phone.client.send({ type: "send", cid: "x", content: "from the phone" });
    const { code, cid } = await phone.client.next();
    deepEqual([code, cid], ["overloaded", "x"]);
    equal((await phone.client.ended()).code, 1012);
    await using again = await arrive(
      url,
      { token: await token({ sub: "ada" }) },
      String(phone.welcome.session),
    );
    await write(again, "from the phone");
    await using all = await arrive(url, { token: await token({ sub: "ada" }) });
    deepEqual(contents(all), ["before", "from the phone"]);
  },
);

const told = new Log();

socketTest(
  "Sign-in that is refused is told to the operator, once a minute however many there are",
  async ({ url }) => {
    const refuse = async (content: string): Promise<void> => {
      await using refused = await arrive(url, { token: content });
      equal((await refused.client.next()).code, "forbidden");
    };
    const expired = await token({ sub: "ada" }, { expiresInS: -6 });
    for (const each of [expired, "nonsense", "nonsense"]) await refuse(each);
    const line = (reason: string, refused: number): unknown => ({
      level: "info",
      message: "Refused to sign a visitor in",
      fields: {
        reason: `Cannot sign in: the token is not accepted, ${reason}`,
        address: "127.0.0.1",
        refused,
      },
    });
    deepEqual(told.lines, [line("it has expired", 1)]);
    clock.advance(59_999);
    await refuse(await token({ sub: "ada" }, { expiresInS: -6 }));
    equal(told.lines.length, 1);
    clock.advance(1);
    await refuse("nonsense");
    deepEqual(told.lines.slice(1), [line("it is not a signed JWT", 4)]);
  },
  { clock, identitySecret: SECRET, logger: told },
);

Deno.test({
  name: "[S5] Sessions and tokens appear in no log line and no error",
  sanitizeOps: false,
  sanitizeResources: false,
  async fn(): Promise<void> {
    const logger = new Log();
    await using server = await startServer({ identitySecret: SECRET, clock, logger });
    const { url, storage } = server;
    await using anonymous = await arrive(url);
    const good = await token({ sub: "ada" });
    const bad = await token({ sub: "ada" }, { secret: `${SECRET}x` });
    await using signedIn = await arrive(url, { token: good });
    await using refused = await arrive(url, { token: bad });
    await refused.client.next();
    const session = String(anonymous.welcome.session);
    // What fails is logged, with all that it knows.
    storage.sessions.find = () => Promise.reject(new Error("the disk is gone"));
    const failing = await SocketClient.hello(url, session);
    await failing.ended();
    const upload = await fetch(`${url}/upload`, {
      method: "POST",
      body: "x",
      headers: { Authorization: `Bearer ${session}` },
    });
    equal(upload.status, 503);
    await storage.close();
    signedIn.client.send({ type: "send", cid: "a", content: "x" });
    await signedIn.client.next();
    const told = [failing, refused.client, signedIn.client].flatMap(({ frames }) => frames.items)
      .filter(({ type }) => type !== "welcome");
    const text = Deno.inspect([logger.lines, told, await upload.text()], {
      depth: 20,
      strAbbreviateSize: 1e6,
    });
    equal(logger.lines.length >= 3, true);
    const secrets = [session, String(signedIn.welcome.session)].map((each) => each.slice(37));
    for (const secret of [...secrets, good, bad, SECRET]) equal(text.includes(secret), false);
  },
});
