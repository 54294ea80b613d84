// Reads [{token, key, alg, enc}, ...] from the standard input, decrypts each token with its private JWK, and prints the contents as a JSON list.
import { compactDecrypt, importJWK } from "jose";

const chunks = [];
for await (const chunk of process.stdin) chunks.push(chunk);
const contents = [];
for (const { token, key, alg, enc } of JSON.parse(Buffer.concat(chunks).toString("utf8"))) {
  const { plaintext } = await compactDecrypt(token, await importJWK(key, alg), {
    keyManagementAlgorithms: [alg],
    contentEncryptionAlgorithms: [enc],
  });
  contents.push(new TextDecoder().decode(plaintext));
}
console.log(JSON.stringify(contents));
