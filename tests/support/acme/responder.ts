import { TestAuthority } from "./certificates.ts";

/** A request's body: RFC 8555 section 6.2. */
interface SignedRequest {
  readonly header: {
    readonly alg: string;
    readonly nonce: string;
    readonly url: string;
    readonly jwk?: JsonWebKey;
    readonly kid?: string;
  };
  readonly payload: Readonly<Record<string, unknown>> | undefined;
}

class BadNonce extends Error {}

interface Order {
  readonly name: string;
  readonly token: string;
  readonly account: string;
  status: "pending" | "ready" | "valid" | "invalid";
  cert: string;
}

/** How the responder behaves. */
export interface AcmeOptions {
  /** Where it looks for proofs, instead of port 80 of the name. */
  readonly httpPort: number;
  /** How long its certificates count, in milliseconds. */
  readonly validMs?: number;
}

/**
 * A certificate authority on this machine that speaks as much of RFC 8555 as a client needs for HTTP-01, and checks what a real one does:
 * signatures, nonces, the proof, and that the certificate is asked for the name that was proven.
 */
export class AcmeResponder implements AsyncDisposable {
  readonly authority: TestAuthority;
  /** The accounts' contacts. */
  readonly contacts: string[] = [];
  /** Names for which a certificate was given. */
  readonly issued: string[] = [];
  /** While set, every new order is refused. */
  refuse = false;
  readonly #options: AcmeOptions;
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly #nonces = new Set<string>();
  readonly #accounts = new Map<string, JsonWebKey>();
  readonly #orders: Order[] = [];

  private constructor(authority: TestAuthority, options: AcmeOptions) {
    this.authority = authority;
    this.#options = options;
    this.#server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      (request) => this.#serve(request),
    );
  }

  static async start(options: AcmeOptions): Promise<AcmeResponder> {
    return new AcmeResponder(await TestAuthority.create(), options);
  }

  get #url(): string {
    return `http://127.0.0.1:${this.#server.addr.port}`;
  }

  /** ACME_DIRECTORY_URL. */
  get directoryUrl(): string {
    return `${this.#url}/directory`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }

  async #serve(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url);
    if (pathname === "/directory") {
      return this.#json(200, {
        newNonce: `${this.#url}/nonce`,
        newAccount: `${this.#url}/account`,
        newOrder: `${this.#url}/order`,
        revokeCert: `${this.#url}/revoke`,
        keyChange: `${this.#url}/key`,
        meta: { termsOfService: `${this.#url}/terms` },
      });
    }
    if (pathname === "/nonce") return this.#json(200, {});
    let signed: SignedRequest;
    try {
      signed = await this.#read(request);
    } catch (error) {
      const type = error instanceof BadNonce ? "badNonce" : "malformed";
      return this.#problem(400, type, String(error));
    }
    const [, kind, number] = pathname.split("/");
    if (kind === "account") return await this.#account(signed);
    const account = signed.header.kid ?? "";
    if (kind === "order" && number === undefined) return this.#newOrder(signed, account);
    const order = this.#orders[Number(number)];
    if (order === undefined || order.account !== account) {
      return this.#problem(404, "malformed", "no such thing");
    }
    switch (kind) {
      case "order":
        return this.#json(200, this.#order(order));
      case "authorization":
        return this.#json(200, this.#authorization(order));
      case "challenge":
        await this.#prove(order, account);
        return this.#json(200, this.#challenge(order));
      case "finalize":
        return await this.#finalize(order, signed);
      case "certificate":
        return this.#reply(
          new Response(order.cert, { headers: { "Content-Type": "application/pem-certificate-chain" } }),
        );
    }
    return this.#problem(404, "malformed", "no such thing");
  }

  async #read(request: Request): Promise<SignedRequest> {
    const { protected: head, payload, signature } = await request.json();
    const header: SignedRequest["header"] = JSON.parse(text(head));
    if (!this.#nonces.delete(header.nonce)) throw new BadNonce("the nonce is not one of ours");
    if (header.url !== `${this.#url}${new URL(request.url).pathname}`) {
      throw new Error("the url is another one");
    }
    const jwk = header.jwk ?? this.#accounts.get(header.kid ?? "");
    if (jwk === undefined || header.alg !== "ES256") throw new Error("the key is not known");
    const key = await crypto.subtle.importKey("jwk", jwk, { name: "ECDSA", namedCurve: "P-256" }, false, [
      "verify",
    ]);
    const good = await crypto.subtle.verify(
      { name: "ECDSA", hash: "SHA-256" },
      key,
      bytes(signature),
      new TextEncoder().encode(`${head}.${payload}`),
    );
    if (!good) throw new Error("the signature is wrong");
    return { header, payload: payload === "" ? undefined : JSON.parse(text(payload)) };
  }

  async #account({ header, payload }: SignedRequest): Promise<Response> {
    const { jwk } = header;
    if (jwk === undefined) return this.#json(200, { status: "valid" });
    const url = `${this.#url}/account/${await thumbprint(jwk)}`;
    const known = this.#accounts.has(url);
    if (!known && payload?.termsOfServiceAgreed !== true) {
      return this.#problem(403, "userActionRequired", "agree to the terms of service");
    }
    this.#accounts.set(url, jwk);
    if (!known && Array.isArray(payload?.contact)) this.contacts.push(...payload.contact);
    return this.#json(known ? 200 : 201, { status: "valid" }, { Location: url });
  }

  #newOrder({ payload }: SignedRequest, account: string): Response {
    if (this.refuse) return this.#problem(429, "rateLimited", "too many certificates already");
    const [identifier] = payload?.identifiers as { value: string }[];
    const order: Order = {
      name: identifier?.value ?? "",
      token: crypto.randomUUID(),
      account,
      status: "pending",
      cert: "",
    };
    this.#orders.push(order);
    return this.#json(201, this.#order(order), { Location: this.#at("order", order) });
  }

  async #prove(order: Order, account: string): Promise<void> {
    const response = await fetch(
      `http://127.0.0.1:${this.#options.httpPort}/.well-known/acme-challenge/${order.token}`,
      {
        headers: { Host: order.name },
      },
    ).catch(() => undefined);
    const shown = await response?.text();
    const jwk = this.#accounts.get(account);
    const expected = jwk === undefined ? undefined : `${order.token}.${await thumbprint(jwk)}`;
    order.status = response?.ok && shown?.trim() === expected ? "ready" : "invalid";
  }

  async #finalize(order: Order, { payload }: SignedRequest): Promise<Response> {
    if (order.status !== "ready") return this.#problem(403, "orderNotReady", order.status);
    const { cert, names } = await this.authority.sign(
      bytes(String(payload?.csr)).buffer,
      this.#options.validMs ?? 86_400_000,
    );
    if (names.join() !== order.name) {
      return this.#problem(403, "badCSR", `proven was ${order.name}, asked is ${names}`);
    }
    order.cert = cert;
    order.status = "valid";
    this.issued.push(order.name);
    return this.#json(200, this.#order(order), { Location: this.#at("order", order) });
  }

  #order(order: Order): unknown {
    return {
      status: order.status,
      identifiers: [{ type: "dns", value: order.name }],
      authorizations: [this.#at("authorization", order)],
      finalize: this.#at("finalize", order),
      ...(order.status === "valid" && { certificate: this.#at("certificate", order) }),
    };
  }

  #authorization(order: Order): unknown {
    const status = order.status === "pending" || order.status === "invalid" ? order.status : "valid";
    return { status, identifier: { type: "dns", value: order.name }, challenges: [this.#challenge(order)] };
  }

  #challenge(order: Order): unknown {
    const status = order.status === "pending" || order.status === "invalid" ? order.status : "valid";
    return { type: "http-01", status, url: this.#at("challenge", order), token: order.token };
  }

  #at(kind: string, order: Order): string {
    return `${this.#url}/${kind}/${this.#orders.indexOf(order)}`;
  }

  #problem(status: number, type: string, detail: string): Response {
    return this.#json(status, { type: `urn:ietf:params:acme:error:${type}`, detail, status });
  }

  #json(status: number, body: unknown, headers: Record<string, string> = {}): Response {
    return this.#reply(Response.json(body, { status, headers }));
  }

  #reply(response: Response): Response {
    const nonce = crypto.randomUUID();
    this.#nonces.add(nonce);
    response.headers.set("Replay-Nonce", nonce);
    return response;
  }
}

function bytes(base64url: string): Uint8Array<ArrayBuffer> {
  const binary = atob(base64url.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}

function text(base64url: string): string {
  return new TextDecoder().decode(bytes(base64url));
}

/** RFC 7638. */
async function thumbprint({ crv, kty, x, y }: JsonWebKey): Promise<string> {
  const input = new TextEncoder().encode(JSON.stringify({ crv, kty, x, y }));
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", input));
  return btoa(String.fromCharCode(...hash)).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}
