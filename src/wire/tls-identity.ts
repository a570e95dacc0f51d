// The server's certificate and key: read from their files at start and again when asked to, so that renewed ones need no restart.
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext, type SecureContext } from 'node:tls';
import { assert } from '../base/assert.ts';
import { endPointHash } from './end-point-hash.ts';

export interface TlsFiles {
  /** PEM: the server's certificate first, then its chain. */
  readonly certificate: string;
  /** PEM, not encrypted. */
  readonly key: string;
}

/** What one handshake uses: a connection keeps it, whatever is read later. */
export interface TlsCertificate {
  readonly context: SecureContext;
  /** For SCRAM-SHA-256-PLUS; undefined when the certificate's signature has no hash to bind to. */
  readonly endPointHash: Buffer | undefined;
}

export class TlsIdentity {
  readonly #files: TlsFiles;
  #current: TlsCertificate;

  /** @throws Error of the file system or of OpenSSL: files that are missing, no PEM, or do not belong together */
  constructor(files: TlsFiles) {
    this.#files = files;
    this.#current = read(files);
  }

  get current(): TlsCertificate {
    return this.#current;
  }

  /** For new connections. When the files cannot be used the old certificate stays. @throws as the constructor */
  reload(): void {
    this.#current = read(this.#files);
  }
}

function read(files: TlsFiles): TlsCertificate {
  const cert = readFileSync(files.certificate);
  const key = readFileSync(files.key);
  const certificate = new X509Certificate(cert);
  // OpenSSL looks only where both are of one kind: an EC key beside an RSA certificate would pass, and no handshake succeed.
  assert(certificate.checkPrivateKey(createPrivateKey(key)), 'the TLS key does not belong to the certificate');
  const context = createSecureContext({ cert, key, minVersion: 'TLSv1.2' });
  return { context, endPointHash: endPointHash(certificate.raw) };
}
