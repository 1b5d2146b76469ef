import { Bridge, type BridgeOptions, type Visitor, withDiscord } from "./bridge.ts";
import type { DiscordSimulator, SimulatorOptions, StaffMember } from "../support/discord/mod.ts";
import { tempStorage } from "../support/temp_storage.ts";
import type { Storage } from "../../src/storage/mod.ts";
import type { FileReference, Uuid } from "../../src/core/mod.ts";

/** A visitor with a thread, Alice of the staff, and a place for files. */
export interface Scene {
  readonly discord: DiscordSimulator;
  readonly bridge: Bridge;
  readonly visitor: Visitor;
  readonly thread: string;
  readonly alice: StaffMember;
  readonly storage: Storage;
  readonly channel: string;
  /** Where the bytes of a file are kept. */
  readonly pathOf: (file: FileReference) => string;
  /** Uploads a file as the web side does. */
  readonly upload: (name: string, bytes: Uint8Array<ArrayBuffer>) => Promise<FileReference>;
}

/** What a scene is made with. */
export interface SceneOptions extends BridgeOptions {
  readonly simulator?: SimulatorOptions;
}

/** Plays a scene on a real database with a real folder for files. */
export async function scene(
  work: (scene: Scene) => Promise<void>,
  options: SceneOptions = {},
): Promise<void> {
  const { simulator, ...rest } = options;
  await using temp = await tempStorage();
  const { storage } = temp;
  await withDiscord(async (discord, channel) => {
    const given = { store: storage.store, files: storage.files, ...rest };
    await using bridge = await (await Bridge.start(discord, given)).ready();
    const visitor = await bridge.visitor();
    await visitor.say("Hello");
    const thread = await visitor.untilDelivered(1);
    await visitor.until(() => visitor.arrived > 0, "the arrival to be told");
    const upload = async (name: string, bytes: Uint8Array<ArrayBuffer>): Promise<FileReference> => {
      const body = new Blob([bytes]).stream();
      const uid: Uuid = visitor.connection.uid;
      const saved = await storage.files.save({ uid, side: 1, name, body, maxBytes: 1e9, at: Date.now() });
      if ("refused" in saved) throw new Error(`Cannot upload ${name}: ${saved.refused}`);
      return saved.file;
    };
    const alice = discord.staff("Alice");
    const pathOf = ({ id }: FileReference): string => `${temp.path}-files/${id}`;
    await work({ discord, bridge, visitor, thread, alice, storage, channel, upload, pathOf });
  }, simulator);
}
