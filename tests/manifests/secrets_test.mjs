// The Secrets of deploy/k8s/make-secrets and the Certificates of cert-manager are those that the services mount.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { Manifests, containerOf, nameOf, render, repository } from "./rendering.mjs";

const folder = mkdtempSync(path.join(tmpdir(), "secrets-"));
after(() => rmSync(folder, { recursive: true }));

const makeSecrets = (input, ...flags) =>
  execFileSync(path.join(repository, "deploy/k8s/make-secrets"), flags, { input, stdio: ["pipe", "pipe", "pipe"] });
makeSecrets("postgres://lockstitch:secret@catalog/lockstitch\n", folder);

const made = new Manifests(render(folder));
const production = new Manifests(render("deploy/k8s/overlays/production"));
const namesIn = (certificate) => certificate.subjectAltName.replaceAll("DNS:", "").split(", ");
const contentOf = (secret, key) => Buffer.from(secret.data[key], "base64").toString();

for (const deployment of production.deployments) {
  const mountOf = (name) => containerOf(deployment).volumeMounts.find((mount) => mount.name === name).mountPath;

  test(`${nameOf(deployment)}: every file that its settings name is in a Secret`, () => {
    for (const { name, secret } of deployment.spec.template.spec.volumes) {
      if (secret === undefined) continue;
      const keys = Object.keys(made.get("Secret", secret.secretName).data);
      const wanted = Object.values(production.settings(deployment))
        .filter((value) => value?.startsWith(`${mountOf(name)}/`))
        .map((file) => path.basename(file));
      assert.deepEqual(keys.sort(), wanted.sort());
    }
  });

  test(`${nameOf(deployment)}: its certificate says its name first, and is the authority's`, () => {
    const secret = made.get("Secret", `${nameOf(deployment)}-tls`);
    const certificate = new X509Certificate(contentOf(secret, "tls.crt"));
    const authority = new X509Certificate(contentOf(secret, "ca.crt"));
    assert.equal(namesIn(certificate)[0], nameOf(deployment));
    assert.ok(certificate.verify(authority.publicKey) && authority.ca && !certificate.ca);
  });

  test(`${nameOf(deployment)}: cert-manager's certificate has the same names and Secret`, () => {
    const { spec } = production.get("Certificate", nameOf(deployment));
    const secret = made.get("Secret", spec.secretName);
    assert.deepEqual(spec.dnsNames, namesIn(new X509Certificate(contentOf(secret, "tls.crt"))));
  });
}

test("where cert-manager makes the certificates, the other Secrets are made alone", () => {
  const alone = path.join(folder, "alone");
  makeSecrets("postgres://catalog/lockstitch\n", alone, "--no-certificates");
  const { objects } = new Manifests(render(alone));
  assert.deepEqual(objects.map(nameOf), ["lockstitch-scheduler"]);
});

test("made again, secrets are what they were, and a certificate that was removed is renewed", () => {
  const content = (file) => readFileSync(path.join(folder, file), "utf8");
  const files = ["secret-keys", "admin-token", "catalog-url", "ca.crt", "loader.crt"];
  const before = files.map(content);
  rmSync(path.join(folder, "extractor.crt"));
  makeSecrets("", folder);
  assert.deepEqual(files.map(content), before);
  assert.ok(content("extractor.crt"));
});
