/** Certificates for tests, by a certificate authority of their own. */
import * as x509 from "@peculiar/x509";

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const SIGNING = { name: "ECDSA", hash: "SHA-256" };

x509.cryptoProvider.set(crypto);

/** A certificate with its chain, and its key; PEM. */
export interface Issued {
  readonly cert: string;
  readonly key: string;
}

/** Issues certificates that whoever trusts {@link TestAuthority.root} trusts. */
export class TestAuthority {
  /** PEM. */
  readonly root: string;
  readonly #keys: CryptoKeyPair;
  readonly #issuer: string;
  #serial = 1;

  private constructor(root: string, keys: CryptoKeyPair, issuer: string) {
    this.root = root;
    this.#keys = keys;
    this.#issuer = issuer;
  }

  static async create(): Promise<TestAuthority> {
    const keys = await crypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]) as CryptoKeyPair;
    const name = "CN=ChatBox50 test authority";
    const root = await x509.X509CertificateGenerator.createSelfSigned({
      serialNumber: "01",
      name,
      notBefore: new Date(Date.now() - 3_600_000),
      notAfter: new Date(Date.now() + 86_400_000),
      signingAlgorithm: SIGNING,
      keys,
      extensions: [
        new x509.BasicConstraintsExtension(true, 1, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      ],
    });
    return new TestAuthority(root.toString("pem"), keys, name);
  }

  /** Makes a key and a certificate for names. */
  issue(...names: readonly string[]): Promise<Issued> {
    return this.issueFor(86_400_000, ...names);
  }

  /** The same, valid for so many milliseconds; it has expired already when they are below zero. */
  async issueFor(validMs: number, ...names: readonly string[]): Promise<Issued> {
    const keys = await crypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]) as CryptoKeyPair;
    const cert = await this.#sign(keys.publicKey, names, validMs);
    const pkcs8 = await crypto.subtle.exportKey("pkcs8", keys.privateKey);
    return { cert, key: x509.PemConverter.encode(pkcs8, "PRIVATE KEY") };
  }

  /** Signs a request (PKCS #10, DER). @returns PEM, and the names that were asked for */
  async sign(
    csr: ArrayBuffer,
    validMs: number,
  ): Promise<{ readonly cert: string; readonly names: readonly string[] }> {
    const request = new x509.Pkcs10CertificateRequest(csr);
    if (!await request.verify()) throw new Error("the request is not signed by its key");
    const names = request.extensions.flatMap((extension) =>
      extension instanceof x509.SubjectAlternativeNameExtension
        ? extension.names.items.map(({ value }) => value)
        : []
    );
    return { cert: await this.#sign(await request.publicKey.export(), names, validMs), names };
  }

  async #sign(publicKey: CryptoKey, names: readonly string[], validMs: number): Promise<string> {
    const certificate = await x509.X509CertificateGenerator.create({
      serialNumber: (++this.#serial).toString(16).padStart(2, "0"),
      subject: `CN=${names[0]}`,
      issuer: this.#issuer,
      notBefore: new Date(Date.now() + Math.min(0, validMs) - 60_000),
      notAfter: new Date(Date.now() + validMs),
      signingAlgorithm: SIGNING,
      publicKey,
      signingKey: this.#keys.privateKey,
      extensions: [
        new x509.SubjectAlternativeNameExtension(
          names.map((value) => ({ type: /^[\d.]+$/.test(value) ? "ip" as const : "dns" as const, value })),
        ),
      ],
    });
    return `${certificate.toString("pem")}\n${this.root}\n`;
  }
}
