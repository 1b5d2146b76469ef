/**
 * Pictures of users, as Discord's CDN serves them.
 *
 * @see https://docs.discord.com/developers/reference#image-formatting
 */
import { createHash } from "node:crypto";
import UPNG from "upng-js";
import type { MemberState } from "./state.ts";
import type { World } from "./world.ts";

/** "User Avatar", "Guild Member Avatar", "Default User Avatar" of the table of CDN endpoints. */
const PATHS = {
  user: /^\/avatars\/(\d+)\/(\w+)\.(\w+)$/,
  member: /^\/guilds\/(\d+)\/users\/(\d+)\/avatars\/(\w+)\.(\w+)$/,
  none: /^\/embed\/avatars\/(\d+)\.png$/,
};

/** "PNG, JPEG, WebP, GIF": the last one for hashes that begin with `a_`. */
const ENDINGS: readonly string[] = ["png", "jpg", "jpeg", "webp"];

/** "The size can be any power of two between 16 and 4096". Nothing is made smaller here: a picture is served as it was set. */
const SIZES: readonly string[] = Array.from({ length: 9 }, (_, power) => String(16 << power));

/** Colours of those who have no picture, by `(user_id >> 22) % 6`. */
const COLOURS: readonly (readonly [number, number, number])[] = [
  [88, 101, 242],
  [117, 126, 138],
  [59, 165, 92],
  [250, 166, 26],
  [237, 66, 69],
  [235, 69, 159],
];

/** Pixels of a side. */
const SIDE = 64;

/** Gives a member a picture, everywhere or in this server alone; `null` takes it away. */
export function setAvatar(
  world: World,
  member: MemberState,
  picture: Uint8Array<ArrayBuffer> | null,
  inServer: boolean,
): void {
  const hash = picture === null ? null : createHash("md5").update(picture).digest("hex");
  if (hash !== null && picture !== null) world.files.set(hash, picture);
  if (inServer) member.avatar = hash;
  else world.user(member.userId).avatar = hash;
  world.changed();
}

/**
 * @param world where
 * @param url what was asked for
 * @returns the picture, 404 when its owner has no such one; `undefined` for what is no path of a picture
 */
export function serveAvatar(world: World, url: URL): Response | undefined {
  const { pathname, searchParams } = url;
  const [, colour] = PATHS.none.exec(pathname) ?? [];
  if (colour !== undefined) {
    const isOne = Number(colour) < COLOURS.length;
    return isOne ? pictureOf(drawn(Number(colour)), "png") : new Response("", { status: 404 });
  }
  const [, userId = "", hash = "", ending = ""] = PATHS.user.exec(pathname) ?? [];
  const [, guildId, memberId = "", memberHash = "", memberEnding = ""] = PATHS.member.exec(pathname) ?? [];
  if (hash === "" && memberHash === "") return undefined;
  const size = searchParams.get("size");
  if (size !== null && !SIZES.includes(size)) return new Response("", { status: 400 });
  const asked = memberHash === "" ? ending : memberEnding;
  if (!ENDINGS.includes(asked)) return new Response("", { status: 415 });
  const isTheirs = memberHash === ""
    ? world.users.get(userId)?.avatar === hash
    : guildId === world.guild.id && world.members.get(memberId)?.avatar === memberHash;
  const bytes = isTheirs ? world.files.get(memberHash === "" ? hash : memberHash) : undefined;
  return bytes === undefined ? new Response("", { status: 404 }) : pictureOf(bytes, asked);
}

function pictureOf(bytes: Uint8Array<ArrayBuffer>, ending: string): Response {
  const type = `image/${ending === "jpg" ? "jpeg" : ending}`;
  // On the simulator's own origin a file must not become a page that acts as the staff.
  const headers = { "content-type": type, "content-security-policy": "sandbox; default-src 'none'" };
  return new Response(bytes, { headers });
}

/** Head and shoulders on one of the colours: what Discord draws there is its own. */
export function drawn(colour: number): Uint8Array<ArrayBuffer> {
  const background = COLOURS[colour] ?? [0, 0, 0];
  const pixels = new Uint8Array(SIDE * SIDE * 4);
  for (let place = 0; place < SIDE * SIDE; place++) {
    const [x, y] = [place % SIDE - SIDE / 2 + 0.5, Math.floor(place / SIDE) - SIDE / 2 + 0.5];
    const isHead = Math.hypot(x, y + 8) < 11;
    const isShoulders = Math.hypot(x, (y - 26) * 1.1) < 22;
    pixels.set([...(isHead || isShoulders ? [255, 255, 255] as const : background), 255], place * 4);
  }
  return new Uint8Array(UPNG.encode([pixels.buffer], SIDE, SIDE, 16));
}
