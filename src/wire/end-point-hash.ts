// tls-server-end-point (RFC 5929 section 4.1): what SCRAM-SHA-256-PLUS binds a login to is the server's certificate, hashed with
// the hash function of the certificate's own signature. Node 20 does not tell that function, so it is read from the DER.
import { createHash } from 'node:crypto';

/** Signature algorithms by the bytes of their OID. MD5 and SHA-1 count as SHA-256, as the RFC says. */
const hashOf: Readonly<Record<string, string>> = {
  '2a864886f70d010104': 'sha256', // md5WithRSAEncryption
  '2a864886f70d010105': 'sha256', // sha1WithRSAEncryption
  '2a864886f70d01010b': 'sha256', // sha256WithRSAEncryption
  '2a864886f70d01010c': 'sha384', // sha384WithRSAEncryption
  '2a864886f70d01010d': 'sha512', // sha512WithRSAEncryption
  '2a864886f70d01010e': 'sha224', // sha224WithRSAEncryption
  '2a8648ce3d0401': 'sha256', // ecdsa-with-SHA1
  '2a8648ce3d040301': 'sha224', // ecdsa-with-SHA224
  '2a8648ce3d040302': 'sha256', // ecdsa-with-SHA256
  '2a8648ce3d040303': 'sha384', // ecdsa-with-SHA384
  '2a8648ce3d040304': 'sha512', // ecdsa-with-SHA512
};

/**
 * @param der one X.509 certificate
 * @returns undefined where the RFC defines no hash (Ed25519) or the parameters decide it (RSA-PSS): no channel binding then
 */
export function endPointHash(der: Buffer): Buffer | undefined {
  const certificate = contentOf(der, 0x30);
  if (certificate === undefined) return undefined;
  const signed = contentOf(certificate, 0x30);
  if (signed === undefined) return undefined;
  const behind = certificate.subarray(signed.byteOffset + signed.length - certificate.byteOffset);
  const oid = contentOf(contentOf(behind, 0x30) ?? Buffer.alloc(0), 0x06);
  const hash = hashOf[oid?.toString('hex') ?? ''];
  return hash === undefined ? undefined : createHash(hash).update(der).digest();
}

/** The content of the element that `bytes` begin with, as a view of them; undefined when it is another or cut off. */
function contentOf(bytes: Buffer, tag: number): Buffer | undefined {
  if (bytes[0] !== tag || bytes.length < 2) return undefined;
  const first = bytes.readUInt8(1);
  // Up to 127 the byte is the length; above, it counts the bytes that hold it.
  const lengthBytes = first < 0x80 ? 0 : first - 0x80;
  const start = 2 + lengthBytes;
  if (lengthBytes > 4 || bytes.length < start) return undefined;
  const length = lengthBytes === 0 ? first : bytes.readUIntBE(2, lengthBytes);
  return bytes.length < start + length ? undefined : bytes.subarray(start, start + length);
}
