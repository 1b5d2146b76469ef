/** Finds the route of a request and gives handlers what they need. */
import type { UploadedFile } from "../http/body.ts";
import type { Form } from "../http/form.ts";
import { FormErrors } from "../errors.ts";
import type { RequestInfo } from "../faults.ts";
import type { Gateway } from "../gateway/gateway.ts";
import { isSnowflake } from "../snowflake.ts";
import type { World } from "../world.ts";

/** What a handler gets. */
export interface RestContext extends RequestInfo {
  readonly world: World;
  readonly gateway: Gateway;
  readonly params: Readonly<Record<string, string>>;
  /** The body's fields. */
  readonly form: Form;
  readonly files: ReadonlyMap<number, UploadedFile>;
}

/** What a handler answers; without a body it is 204. */
export interface RestReply {
  readonly status?: number;
  readonly body?: unknown;
}

/** Does what a route is for. */
export type RestHandler = (context: RestContext) => RestReply;

/** A route that the simulator knows. */
export interface Route {
  readonly method: string;
  /** With Discord's own names for the parameters, as `/channels/:channel_id`. */
  readonly template: string;
  readonly handler: RestHandler;
  /** Needs no bot token, because a token is in the path or everyone may ask. */
  readonly open: boolean;
}

/**
 * @param method an HTTP method
 * @param template a path with `:parameters`
 * @param handler does it
 * @param options `open` needs no bot token
 * @returns the route
 */
export function route(
  method: string,
  template: string,
  handler: RestHandler,
  options: { open?: boolean } = {},
): Route {
  return { method, template, handler, open: options.open ?? false };
}

/** A route and its parameters, or why there is none. */
export type RouteMatch =
  | { found: true; route: Route; params: Record<string, string> }
  | { found: false; error: "notFound" | "methodNotAllowed" };

/** All routes. */
export class Router {
  readonly #routes: { route: Route; parts: string[] }[];

  /** @param routes the more literal a route, the earlier it is tried */
  constructor(routes: readonly Route[]) {
    const literals = (template: string): number =>
      template.split("/").filter((part) => !part.startsWith(":")).length;
    this.#routes = [...routes]
      .sort((left, right) => literals(right.template) - literals(left.template))
      .map((known) => ({ route: known, parts: known.template.split("/") }));
  }

  /**
   * @param method an HTTP method
   * @param path below the version
   * @returns the route, or Discord's error for having none
   */
  match(method: string, path: string): RouteMatch {
    const parts = path.split("/");
    let error: "notFound" | "methodNotAllowed" = "notFound";
    for (const { route: known, parts: pattern } of this.#routes) {
      const params = matchParts(pattern, parts);
      if (params === undefined) continue;
      if (known.method === method) return { found: true, route: known, params };
      error = "methodNotAllowed";
    }
    return { found: false, error };
  }
}

/**
 * Ids in a path must be ids before anything is looked up.
 *
 * @param params of a route
 * @throws {DiscordError} 50035
 */
export function checkIds(params: Readonly<Record<string, string>>): void {
  const errors = new FormErrors();
  for (const [name, value] of Object.entries(params)) {
    if (name.endsWith("_id") && !isSnowflake(value)) {
      errors.add(name, "NUMBER_TYPE_COERCE", `Value "${value}" is not snowflake.`);
    }
  }
  errors.throwIfAny();
}

/**
 * @param context of a handler
 * @param name a parameter of its route
 * @returns its value
 */
export function param(context: RestContext, name: string): string {
  const value = context.params[name];
  if (value === undefined) throw new TypeError(`Cannot read parameter ${name} of ${context.route}`);
  return value;
}

function matchParts(pattern: string[], parts: string[]): Record<string, string> | undefined {
  if (pattern.length !== parts.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, wanted] of pattern.entries()) {
    const part = parts[index] ?? "";
    if (!wanted.startsWith(":")) {
      if (wanted !== part) return undefined;
    } else if (part === "" || (part.startsWith("@") && wanted.endsWith("_id"))) return undefined;
    else params[wanted.slice(1)] = decode(part);
  }
  return params;
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
