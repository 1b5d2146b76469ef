const MAX_NAME = 80;
/** RFC 5321 section 4.5.3.1.3. */
const MAX_EMAIL = 254;

/**
 * A name and an e-mail address as staff see them, on one line; what is no text or empty is left out.
 *
 * @param name whatever stands in its place
 * @param email whatever stands in its place
 */
export function nameAndEmail(
  name: unknown,
  email: unknown,
): { readonly name?: string; readonly email?: string } {
  const cleanName = line(name, MAX_NAME);
  const cleanEmail = line(email, MAX_EMAIL);
  return { ...(cleanName && { name: cleanName }), ...(cleanEmail && { email: cleanEmail }) };
}

function line(value: unknown, most: number): string {
  if (typeof value !== "string") return "";
  const upright = value.toWellFormed().replace(/[\u202a-\u202e\u2066-\u2069]/g, "");
  const clean = upright.replace(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, " ").trim();
  return [...clean.slice(0, 2 * most)].slice(0, most).join("");
}
