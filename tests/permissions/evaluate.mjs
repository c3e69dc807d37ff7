// Ask iam-simulate, which nobody here wrote, what policies allow. Reads {root, principals, requests} as JSON on stdin:
// principals: {name: {policy name: document}}; requests: [{policies: [principal, …], action, resource, context, without}].
// `without`: [principal, policy name, number of the statement, action], an action taken out of one statement.
// Writes one answer for each request: {allowed, reason}.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";

const given = JSON.parse(readFileSync(0, "utf8"));
const { runSimulation } = createRequire(given.root + "/")("@cloud-copilot/iam-simulate");
const ACCOUNT = "123456789012";

// What KMS gives a key: the account's policies decide.
const KEY_POLICY = {
  Version: "2012-10-17",
  Statement: [
    { Effect: "Allow", Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` }, Action: "kms:*", Resource: "*" },
  ],
};

function without(document, number, action) {
  const copy = structuredClone(document);
  const statement = copy.Statement[number];
  statement.Action = [statement.Action].flat().filter((each) => each !== action);
  if (statement.Action.length === 0) copy.Statement.splice(number, 1);
  return copy;
}

function policiesOf(request) {
  const found = [];
  for (const principal of request.policies) {
    for (const [name, document] of Object.entries(given.principals[principal])) {
      const [owner, policy, number, action] = request.without ?? [];
      const changed = owner === principal && policy === name ? without(document, number, action) : document;
      if (changed.Statement.length) found.push({ name, policy: { Version: "2012-10-17", ...changed } });
    }
  }
  return found;
}

async function answer(request) {
  const simulation = {
    identityPolicies: policiesOf(request),
    serviceControlPolicies: [],
    resourceControlPolicies: [],
    request: {
      action: request.action,
      principal: `arn:aws:iam::${ACCOUNT}:role/${request.policies[0]}`,
      resource: { accountId: ACCOUNT, resource: request.resource },
      contextVariables: { "aws:ResourceAccount": ACCOUNT, "aws:SecureTransport": "true", ...request.context },
    },
  };
  if (request.action.startsWith("kms:")) simulation.resourcePolicy = KEY_POLICY;
  const result = await runSimulation(simulation, {});
  if (result.resultType === "error") return { allowed: false, reason: JSON.stringify(result.errors) };
  return { allowed: result.overallResult === "Allowed", reason: result.overallResult };
}

const answers = [];
for (const request of given.requests) answers.push(await answer(request));
process.stdout.write(JSON.stringify(answers));
