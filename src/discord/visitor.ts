import type { Connection, JsonObject, JsonValue } from "../core/mod.ts";

/** What is known of a visitor. */
export interface AboutVisitor {
  readonly name?: string;
  readonly email?: string;
  /** The site's server has signed who it is; otherwise it is only what the page says. */
  readonly verified: boolean;
  /** The page on which they are. */
  readonly page?: string;
  readonly title?: string;
  readonly locale?: string;
}

/** Reads what the web side keeps in a connection's properties. */
export async function aboutVisitor(connection: Connection): Promise<AboutVisitor> {
  return readVisitor(await connection.properties.all());
}

/** Reads a connection's properties. */
export function readVisitor(properties: JsonObject): AboutVisitor {
  const visitor = properties.visitor;
  return {
    ...defined("name", field(visitor, "name")),
    ...defined("email", field(visitor, "email")),
    verified: isObject(visitor) && new Map(Object.entries(visitor)).get("verified") === true,
    ...defined("page", field(properties.page, "url") ?? text(properties.page)),
    ...defined("title", field(properties.page, "title")),
    ...defined("locale", text(properties.locale)),
  };
}

/** A name that is short enough to stand before every message. */
export function shortName({ name }: AboutVisitor): string | undefined {
  if (name === undefined) return undefined;
  const points = [...name];
  return points.length <= 32 ? name : `${points.slice(0, 31).join("")}…`;
}

function defined<K extends string>(key: K, value: string | undefined): { [key in K]?: string } {
  // One key, the one that was given.
  return (value === undefined ? {} : { [key]: value }) as { [key in K]?: string };
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function text(value: JsonValue | undefined): string | undefined {
  return typeof value === "string" && value.trim() !== "" ? value.trim() : undefined;
}

function field(value: JsonValue | undefined, name: string): string | undefined {
  return isObject(value) ? text(new Map(Object.entries(value)).get(name)) : undefined;
}
