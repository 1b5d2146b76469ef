/**
 * Whether something waits for a side, as SQL about `deliveries d` and `connections c`. The mark in the partial index is
 * taken away late, so it only says where to look: the watermark against the head of the conversation decides.
 */
export const WAITS = `(d.pending = 1 AND (
  d.seq < max(c.seq_floor, coalesce((SELECT max(seq) FROM messages WHERE connection_id = c.id), 0)) OR
  d.rev < max(c.rev_floor,
    coalesce((SELECT rev FROM messages WHERE connection_id = c.id ORDER BY seq DESC LIMIT 1), 0),
    coalesce((SELECT max(changed_rev) FROM messages WHERE connection_id = c.id AND changed_rev IS NOT NULL), 0))))`;
