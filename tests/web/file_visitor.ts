import { equal } from "node:assert/strict";
import type { Uuid } from "../../src/core/mod.ts";
import type { FileInfo } from "../../src/web/protocol.ts";
import { SocketClient } from "../support/socket_client.ts";
import { within } from "../support/until.ts";
import type { TestServer } from "./web_server.ts";

/** A visitor with an open socket who sends and loads files. */
export class FileVisitor implements AsyncDisposable {
  readonly url: string;
  readonly client: SocketClient;
  readonly session: string;

  private constructor(url: string, client: SocketClient, session: string) {
    this.url = url;
    this.client = client;
    this.session = session;
  }

  /** Comes and is welcomed. */
  static async arrive(url: string): Promise<FileVisitor> {
    const client = await SocketClient.hello(url);
    return new FileVisitor(url, client, String((await client.next()).session));
  }

  /** The conversation. */
  get uid(): Uuid {
    return this.session.slice(0, 36) as Uuid;
  }

  /** Sends a file, and gives the answer. */
  upload(body: BodyInit, name = "a.txt", headers: Record<string, string> = {}): Promise<Response> {
    return fetch(`${this.url}/upload`, {
      method: "POST",
      body,
      headers: {
        Authorization: `Bearer ${this.session}`,
        "X-File-Name": encodeURIComponent(name),
        ...headers,
      },
    });
  }

  /** Sends a file that is taken. */
  async file(body: BodyInit, name?: string): Promise<FileInfo> {
    const response = await this.upload(body, name);
    equal(response.status, 200);
    return await response.json();
  }

  /** Asks for a file. */
  get(id: string, headers: Record<string, string> = {}, method = "GET"): Promise<Response> {
    return fetch(`${this.url}/files/${id}`, {
      method,
      headers: { Authorization: `Bearer ${this.session}`, ...headers },
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.client[Symbol.asyncDispose]();
  }
}

/** Tells when the next upload begins to be stored, and how that ends. */
export function nextSave(
  { storage: { files } }: TestServer,
): { readonly begun: Promise<void>; readonly ended: Promise<unknown> } {
  const begun = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<unknown>();
  const save = files.save.bind(files);
  files.save = (request) => {
    const saved = save(request);
    saved.then(ended.resolve, ended.resolve);
    begun.resolve();
    return saved;
  };
  return {
    begun: within("the upload to begin", begun.promise),
    ended: within("the upload to end", ended.promise),
  };
}
