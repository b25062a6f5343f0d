// The manifests as a cluster would get them.
import { execFileSync } from "node:child_process";
import { parse, parseAllDocuments } from "yaml";
import { readFileSync, realpathSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

// Of the source tree: kustomize follows no link that leads out of it.
export const repository = path.resolve(path.dirname(realpathSync(fileURLToPath(import.meta.url))), "../..");

export const read = (file) => readFileSync(path.join(repository, file), "utf8");
export const readYaml = (file) => parse(read(file));

// The objects of a folder with a kustomization.
export function render(folder) {
  const kubectl = path.join(repository, "node_modules/.bin/kubectl");
  const text = execFileSync(kubectl, ["kustomize", path.resolve(repository, folder)], { encoding: "utf8" });
  return parseAllDocuments(text).map((document) => document.toJS());
}

// What an overlay's rules ask of its objects.
export class Manifests {
  constructor(objects) {
    this.objects = objects;
    this.deployments = this.all("Deployment");
  }

  all(kind) {
    return this.objects.filter((object) => object.kind === kind);
  }

  get(kind, name) {
    return this.all(kind).find((object) => object.metadata.name === name);
  }

  // Names of the deployments whose pods a selector chooses.
  selected(selector) {
    return this.deployments
      .filter((deployment) => matches(selector, deployment.spec.template.metadata.labels))
      .map(nameOf);
  }

  // The settings of a deployment's program, as its environment will be.
  settings(deployment) {
    const { env = [], envFrom } = containerOf(deployment);
    const settings = {};
    for (const { configMapRef } of envFrom) Object.assign(settings, this.get("ConfigMap", configMapRef.name).data);
    for (const { name, value } of env) settings[name] = value;
    return settings;
  }
}

export const nameOf = (object) => object.metadata.name;
export const containerOf = (deployment) => deployment.spec.template.spec.containers[0];

// Of a list of ports, the number of that name.
export const portOf = (deployment, name) =>
  containerOf(deployment).ports.find((port) => port.name === name)?.containerPort;

function matches({ matchLabels = {}, matchExpressions = [] }, labels) {
  return (
    Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
    matchExpressions.every(({ key, operator, values }) => operator === "In" && values.includes(labels[key]))
  );
}
