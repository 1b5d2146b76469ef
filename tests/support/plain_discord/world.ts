/** The bot. */
export const BOT = {
  id: "100000000000000001",
  username: "bridge",
  discriminator: "0000",
  bot: true,
} as const;

/** Somebody of the staff. */
export const STAFF = { id: "400000000000000001", username: "anna", discriminator: "0" } as const;

/** The only guild, and the only channel in it. */
export const GUILD_ID = "200000000000000001";
export const CHANNEL_ID = "300000000000000001";
