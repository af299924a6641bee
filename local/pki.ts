import './reflect-shim.ts';
import { createPrivateKey, type KeyObject, webcrypto } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as x509 from '@peculiar/x509';
import { writeFileAtomic } from './files.ts';

/** A certificate and its private key, both PEM (the key as PKCS#8). */
export interface KeyPair {
  readonly cert: string;
  readonly key: string;
}

/** What a leaf certificate says. `hosts` makes it a server certificate (DNS names and IPv4 addresses), else it is a client's. */
export interface LeafRequest {
  readonly commonName: string;
  /** Become the groups of the user at the API server. */
  readonly organizations?: readonly string[];
  readonly hosts?: readonly string[];
  /** @default 365 */
  readonly days?: number;
  /** A server certificate that is also used to call (etcd's own client does). @default false */
  readonly bothWays?: boolean;
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const dayMs = 86_400_000;
const caDays = 3650;
const leafDays = 365;
/** A leaf with less than this left is issued anew at the next start. */
const renewBeforeMs = 30 * dayMs;
/** Clocks of loopback are one clock, but a certificate valid from "now" fails when the clock is set back a little. */
const backdateMs = 3_600_000;

/**
 * Makes a self-signed CA (ECDSA P-256, ten years) with the given common name.
 */
export async function createAuthority(commonName: string): Promise<KeyPair> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const now = Date.now();
  const cert = await x509.X509CertificateGenerator.createSelfSigned({
    name: [{ CN: [commonName] }],
    keys: keys,
    signingAlgorithm: algorithm,
    notBefore: new Date(now - backdateMs),
    notAfter: new Date(now + caDays * dayMs),
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.digitalSignature, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey, false),
    ],
  });
  return { cert: pem(cert), key: await exportKey(keys.privateKey) };
}

/**
 * Issues a certificate signed by `authority`: for a server when `hosts` is given, else for a client whose user name is
 * `commonName` and whose groups are `organizations`.
 */
export async function issueCertificate(authority: KeyPair, request: LeafRequest): Promise<KeyPair> {
  const issuer = new x509.X509Certificate(authority.cert);
  const signingKey = await importKey(authority.key);
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const now = Date.now();
  const cert = await x509.X509CertificateGenerator.create({
    subject: [{ CN: [request.commonName] }, ...(request.organizations ?? []).map((o) => ({ O: [o] }))],
    issuer: issuer.subjectName.toJSON(),
    publicKey: keys.publicKey,
    signingKey,
    signingAlgorithm: algorithm,
    notBefore: new Date(now - backdateMs),
    notAfter: new Date(now + (request.days ?? leafDays) * dayMs),
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      ...usageExtensions(request),
      await x509.AuthorityKeyIdentifierExtension.create(issuer, false),
    ],
  });
  return { cert: pem(cert), key: await exportKey(keys.privateKey) };
}

/** Makes a key pair that signs service account tokens (ES256); the public half is PEM (SPKI). */
export async function createTokenKey(): Promise<{ readonly privateKey: string; readonly publicKey: string }> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const spki = Buffer.from(await webcrypto.subtle.exportKey('spki', keys.publicKey)).toString('base64');
  const lines = spki.match(/.{1,64}/g) ?? [];
  const publicKey = ['-----BEGIN PUBLIC KEY-----', ...lines, '-----END PUBLIC KEY-----', ''].join('\n');
  return { privateKey: await exportKey(keys.privateKey), publicKey };
}

/** Reads `<dir>/<name>.crt` and `.key`; undefined when one is missing. */
export function readKeyPair(dir: string, name: string): KeyPair | undefined {
  const cert = join(dir, `${name}.crt`);
  const key = join(dir, `${name}.key`);
  if (!existsSync(cert) || !existsSync(key)) return undefined;
  return { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') };
}

/** Reads the pair `name` of `dir` or makes and stores it (key first, 0600), so a start killed between the two makes it anew. */
export async function ensureKeyPair(dir: string, name: string, make: () => Promise<KeyPair>): Promise<KeyPair> {
  const known = readKeyPair(dir, name);
  if (known !== undefined && !expiresSoon(known.cert) && keyFits(known)) return known;
  const made = await make();
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  writeFileAtomic(join(dir, `${name}.key`), made.key, 0o600);
  writeFileAtomic(join(dir, `${name}.crt`), made.cert, 0o644);
  return made;
}

function expiresSoon(cert: string): boolean {
  return new x509.X509Certificate(cert).notAfter.getTime() - Date.now() < renewBeforeMs;
}

/** A start killed between writing key and certificate leaves halves of two pairs. */
function keyFits(pair: KeyPair): boolean {
  const key: KeyObject = createPrivateKey(pair.key);
  const own = key.export({ format: 'jwk' });
  const wanted = Buffer.from(new x509.X509Certificate(pair.cert).publicKey.rawData);
  return typeof own.x === 'string' && wanted.includes(Buffer.from(own.x, 'base64url'));
}

function usageExtensions(request: LeafRequest): x509.Extension[] {
  const { serverAuth, clientAuth } = x509.ExtendedKeyUsage;
  if (request.hosts === undefined) return [new x509.ExtendedKeyUsageExtension([clientAuth])];
  const names = request.hosts.map((host) => ({ type: isAddress(host) ? 'ip' : 'dns', value: host }) as const);
  return [
    new x509.ExtendedKeyUsageExtension(request.bothWays === true ? [serverAuth, clientAuth] : [serverAuth]),
    new x509.SubjectAlternativeNameExtension(names),
  ];
}

function isAddress(host: string): boolean {
  return /^\d+\.\d+\.\d+\.\d+$/.test(host);
}

function pem(cert: x509.X509Certificate): string {
  return `${cert.toString('pem')}\n`;
}

async function exportKey(key: webcrypto.CryptoKey): Promise<string> {
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', key)).toString('base64');
  const lines = der.match(/.{1,64}/g) ?? [];
  return ['-----BEGIN PRIVATE KEY-----', ...lines, '-----END PRIVATE KEY-----', ''].join('\n');
}

async function importKey(key: string): Promise<webcrypto.CryptoKey> {
  const der = createPrivateKey(key).export({ format: 'der', type: 'pkcs8' });
  return await webcrypto.subtle.importKey('pkcs8', der, algorithm, false, ['sign']);
}
