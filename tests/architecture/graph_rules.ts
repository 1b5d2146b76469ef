/**
 * The direction of imports, as a pure function over a graph.
 *
 * @module
 */

/** A source file. */
export interface SourceFile {
  /** Relative to the repository, with forward slashes. */
  readonly path: string;
  /** What it imports: paths of other files, or `node:`, `npm:` and the like. Type imports count. */
  readonly imports: readonly string[];
  readonly text: string;
}

interface Room {
  readonly name: string;
  readonly files: RegExp;
  /** The rooms from which it may import, besides itself. */
  readonly from: readonly string[];
}

// The first room that fits is a file's own.
const ROOMS: readonly Room[] = [
  { name: "main", files: /^main\.ts$/, from: ["cli"] },
  { name: "protocol", files: /^src\/web\/protocol\.ts$/, from: [] },
  { name: "core", files: /^src\/core\//, from: [] },
  { name: "storage", files: /^src\/storage\//, from: ["core"] },
  { name: "web", files: /^src\/web\//, from: ["core", "protocol"] },
  { name: "discord", files: /^src\/discord\//, from: ["core"] },
  { name: "client", files: /^src\/client\//, from: ["protocol"] },
  { name: "library", files: /^src\/mod\.ts$/, from: ["core", "storage"] },
  { name: "cli", files: /^src\/cli(\.ts$|\/)/, from: ["app", "ground", "core"] },
  {
    name: "app",
    files: /^src\/app(\.ts$|\/)/,
    from: ["web", "discord", "storage", "ground", "core", "protocol"],
  },
  {
    name: "ground",
    files: /^(src\/(config|logging|metrics|start_error|version)(\.ts$|\/)|deno\.json$)/,
    from: ["core"],
  },
];

interface TextRule {
  readonly files: (path: string) => boolean;
  readonly forbidden: RegExp;
  readonly why: string;
}

const CORE_GLOBALS =
  /\bDeno\.|\bprocess\.|\bDate\.now\b|\bnew Date\(\)|\bset(?:Timeout|Interval|Immediate)\b|\bMath\.random\b|\bcrypto\.|\bperformance\.|\bfetch\(/;

const TEXT_RULES: readonly TextRule[] = [
  {
    files: (path) => path.startsWith("src/core/") && path !== "src/core/system_ports.ts",
    forbidden: CORE_GLOBALS,
    why: "the core knows globals only in src/core/system_ports.ts",
  },
  {
    files: (path) => path === "src/core/system_ports.ts",
    forbidden: /\bDeno\.|\bprocess\./,
    why: "the core knows no platform",
  },
  {
    files: (path) => !path.startsWith("src/web/"),
    forbidden: /\bDeno\.(serve|upgradeWebSocket)\b/,
    why: "only src/web touches Deno.serve",
  },
];

const SQLITE_FILE = "src/storage/database.ts";
const MAX_DISCORDENO_FILES = 3;
const isExternal = (target: string): boolean => /^[a-z]+:/.test(target);
const isDiscordeno = (target: string): boolean => /^npm:\/?@discordeno\//.test(target);

/**
 * Finds everything in the graph that breaks a rule.
 *
 * @param files The files of the program
 * @returns A sentence for every violation; none when all is well
 */
export function findViolations(files: readonly SourceFile[]): readonly string[] {
  return [...files.flatMap(fileViolations), ...discordenoViolations(files), ...cycleViolations(files)];
}

function fileViolations(file: SourceFile): readonly string[] {
  const room = roomOf(file.path);
  if (room === undefined) return [`${file.path} is in no room: src/ has a fixed layout`];
  return [
    ...file.imports.flatMap((target) => importViolation(file.path, room, target) ?? []),
    ...TEXT_RULES.filter((rule) => rule.files(file.path)).flatMap((rule) => {
      const found = rule.forbidden.exec(withoutComments(file.text))?.[0];
      return found === undefined ? [] : [`${file.path} uses ${found}: ${rule.why}`];
    }),
  ];
}

function importViolation(path: string, room: Room, target: string): string | undefined {
  if (isExternal(target)) {
    if (room.name === "core" || room.name === "protocol") {
      return `${path} imports ${target}: ${room.name} imports nothing`;
    }
    if (target === "node:sqlite" && path !== SQLITE_FILE) {
      return `${path} imports node:sqlite: only ${SQLITE_FILE} may`;
    }
    if (room.name === "client" && path !== "src/client/build.ts") {
      return `${path} imports ${target}: browsers have no modules`;
    }
    return undefined;
  }
  const other = roomOf(target);
  if (other === undefined) return `${path} imports ${target}, which is in no room`;
  if (other === room) return undefined;
  if (!room.from.includes(other.name)) {
    return `${path} imports ${target}: ${room.name} must not know ${other.name}`;
  }
  if (other.name === "core" && target !== "src/core/mod.ts") {
    return `${path} imports ${target}: others import the core through src/core/mod.ts`;
  }
  return undefined;
}

function roomOf(path: string): Room | undefined {
  return ROOMS.find((room) => room.files.test(path));
}

// Lines of comments only: a grep needs no more, and a string that contains // stays whole.
function withoutComments(text: string): string {
  return text.split("\n").filter((line) => !/^\s*(\/\/|\/\*|\*)/.test(line)).join("\n");
}

function discordenoViolations(files: readonly SourceFile[]): readonly string[] {
  const users = files.filter(({ imports }) => imports.some(isDiscordeno)).map(({ path }) => path);
  return [
    ...users.filter((path) => !path.startsWith("src/discord/")).map((path) =>
      `${path} imports discordeno: only src/discord may`
    ),
    ...(users.length > MAX_DISCORDENO_FILES
      ? [`${users.length} files import discordeno, at most ${MAX_DISCORDENO_FILES} may: ${users.join(", ")}`]
      : []),
  ];
}

function cycleViolations(files: readonly SourceFile[]): readonly string[] {
  const imports = new Map(files.map((file) => [file.path, file.imports]));
  const state = new Map<string, "open" | "done">();
  const trail: string[] = [];
  const violations: string[] = [];
  const visit = (path: string): void => {
    if (state.get(path) === "done" || !imports.has(path)) return;
    if (state.get(path) === "open") {
      violations.push(`Cycle: ${[...trail.slice(trail.indexOf(path)), path].join(" -> ")}`);
      return;
    }
    state.set(path, "open");
    trail.push(path);
    for (const target of imports.get(path) ?? []) visit(target);
    trail.pop();
    state.set(path, "done");
  };
  for (const path of imports.keys()) visit(path);
  return violations;
}
