// An OpenID provider that this project did not write: the npm package `oidc-provider`, with people
// who have passwords and groups, and with pages for signing in and for consent.
//
// Commands come as one JSON object per line on standard input, answers as one per line on standard
// output; the end of standard input ends the server, so that no test can leave it behind.
//
//   {"do": "configure", "clients": [...], "claims_in_id_token": false}   -> {"issuer": "..."}
//      with "pushed": "none", "offered" or "required": pushed authorization requests
//   {"do": "rotate"}           new signing keys; the old ones are gone    -> {"kids": [...]}
//   {"do": "rotate", "keep": true}   new keys first, the old ones stay    -> {"kids": [...]}
//   {"do": "requests"}         what was asked since the last time         -> {"requests": [...]}
//
// Everything that the provider knows of sessions and codes outlives `configure` and `rotate`: its
// memory belongs to the module, not to the instance.

import { generateKeyPairSync, randomBytes } from "node:crypto";
import { createServer } from "node:http";
import { createInterface } from "node:readline";

import Provider from "oidc-provider";

const people = {
  alice: {
    password: "wonderland",
    claims: {
      name: "Alice Liddell",
      preferred_username: "alice",
      email: "alice@example.test",
      email_verified: true,
      groups: ["docker-admins", "staff"],
    },
  },
  bob: {
    password: "builder",
    claims: {
      name: "Bob Builder",
      preferred_username: "bob",
      email: "bob@example.test",
      email_verified: false,
      groups: [],
    },
  },
  carol: {
    password: "singer",
    claims: { name: "Carol Singer", preferred_username: "carol", email: "carol@example.test" },
  },
};

const state = {
  issuer: "",
  clients: [],
  claimsInIdToken: false,
  pushed: "none",
  keys: [],
  provider: null,
};
let requests = [];

// --- keys ------------------------------------------------------------------------------------

function signingKey(kty, alg, options) {
  const { privateKey } = generateKeyPairSync(kty, options);
  const kid = `${alg.toLowerCase()}-${randomBytes(6).toString("hex")}`;
  return { ...privateKey.export({ format: "jwk" }), kid, alg, use: "sig" };
}

// An Ed25519 key carries no `alg`: it serves both of its names, EdDSA and Ed25519 (RFC 9864).
function ed25519Key() {
  const { alg, ...key } = signingKey("ed25519", "EdDSA", {});
  return key;
}

function freshKeys() {
  return [
    signingKey("rsa", "RS256", { modulusLength: 2048 }),
    signingKey("ec", "ES256", { namedCurve: "P-256" }),
    ed25519Key(),
  ];
}

// --- the provider ----------------------------------------------------------------------------

function findAccount(_ctx, id) {
  const person = Object.hasOwn(people, id) ? people[id] : undefined;
  return person && { accountId: id, claims: () => ({ sub: id, ...person.claims }) };
}

function buildProvider() {
  const provider = new Provider(state.issuer, {
    clients: state.clients,
    jwks: { keys: state.keys },
    cookies: { keys: ["a throw-away value for tests"] },
    findAccount,
    claims: {
      openid: ["sub"],
      profile: ["name", "preferred_username"],
      email: ["email", "email_verified"],
      groups: ["groups"],
    },
    conformIdTokenClaims: !state.claimsInIdToken,
    features: {
      devInteractions: { enabled: false },
      encryption: { enabled: true },
      pushedAuthorizationRequests: {
        enabled: state.pushed !== "none",
        requirePushedAuthorizationRequests: state.pushed === "required",
      },
    },
    interactions: { url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
    ttl: { Interaction: 600, Session: 3600, Grant: 3600, AccessToken: 600, IdToken: 600 },
  });
  provider.on("server_error", (_ctx, error) => console.error(error));
  return provider;
}

// --- pages -----------------------------------------------------------------------------------

const escapes = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
const escape = (text) => String(text).replace(/[&<>"']/g, (character) => escapes[character]);

function page(response, status, title, body) {
  response.writeHead(status, { "content-type": "text/html; charset=utf-8" });
  response.end(
    `<!doctype html><html lang="en"><title>${escape(title)}</title>` +
      `<main><h1>${escape(title)}</h1>${body}</main></html>`,
  );
}

function loginPage(response, uid, problem) {
  page(
    response,
    problem ? 401 : 200,
    "Sign in",
    `${problem ? `<p role="alert">${escape(problem)}</p>` : ""}
    <form method="post" action="/interaction/${escape(uid)}/login">
      <label>Name <input name="login" autocomplete="username" autofocus required></label>
      <label>Password <input name="password" type="password" required></label>
      <button id="sign-in">Sign in</button>
    </form>
    <form method="post" action="/interaction/${escape(uid)}/abort">
      <button id="cancel">Cancel</button>
    </form>`,
  );
}

function consentPage(response, uid, client, scopes) {
  page(
    response,
    200,
    "Allow access",
    `<p>${escape(client)} asks for: ${escape(scopes.join(", "))}</p>
    <form method="post" action="/interaction/${escape(uid)}/confirm">
      <button id="allow">Allow</button>
    </form>
    <form method="post" action="/interaction/${escape(uid)}/abort">
      <button id="cancel">Cancel</button>
    </form>`,
  );
}

async function form(request) {
  let body = "";
  for await (const chunk of request) {
    body += chunk;
    if (body.length > 10_000) throw new Error("a form of this server is not that long");
  }
  return new URLSearchParams(body);
}

async function login(provider, request, response, uid) {
  const fields = await form(request);
  const name = fields.get("login") ?? "";
  const person = Object.hasOwn(people, name) ? people[name] : undefined;
  if (!person || person.password !== fields.get("password")) {
    loginPage(response, uid, "Wrong name or password.");
    return;
  }
  const result = { login: { accountId: name, amr: ["pwd"] } };
  await provider.interactionFinished(request, response, result);
}

async function confirm(provider, request, response, interaction) {
  const { prompt, params, session, grantId } = interaction;
  const grant = grantId
    ? await provider.Grant.find(grantId)
    : new provider.Grant({ accountId: session.accountId, clientId: params.client_id });
  grant.addOIDCScope((prompt.details.missingOIDCScope ?? []).join(" "));
  grant.addOIDCClaims(prompt.details.missingOIDCClaims ?? []);
  const result = { consent: { grantId: await grant.save() } };
  await provider.interactionFinished(request, response, result, { mergeWithLastSubmission: true });
}

async function interact(provider, request, response, action) {
  const interaction = await provider.interactionDetails(request, response);
  const { uid, prompt, params } = interaction;
  if (request.method === "GET" && prompt.name === "login") {
    loginPage(response, uid, null);
  } else if (request.method === "GET" && prompt.name === "consent") {
    consentPage(response, uid, params.client_id, String(params.scope).split(" "));
  } else if (action === "login" && prompt.name === "login") {
    await login(provider, request, response, uid);
  } else if (action === "confirm" && prompt.name === "consent") {
    await confirm(provider, request, response, interaction);
  } else if (action === "abort") {
    const result = { error: "access_denied", error_description: "The person did not want to." };
    await provider.interactionFinished(request, response, result);
  } else {
    page(response, 404, "Not here", "");
  }
}

// --- the server and its commands -------------------------------------------------------------

const server = createServer((request, response) => {
  const path = new URL(request.url, state.issuer).pathname;
  const authorization = (request.headers.authorization ?? "").split(" ")[0];
  requests.push({ method: request.method, path, authorization });
  const match = /^\/interaction\/[\w-]+(?:\/(login|confirm|abort))?$/.exec(path);
  if (!match) {
    state.provider.callback()(request, response);
    return;
  }
  interact(state.provider, request, response, match[1]).catch((error) => {
    page(response, 400, "This sign-in cannot go on", `<p>${escape(error.message)}</p>`);
  });
});

const commands = {
  configure({ clients, claims_in_id_token: claimsInIdToken, pushed }) {
    state.clients = clients ?? state.clients;
    state.claimsInIdToken = claimsInIdToken ?? state.claimsInIdToken;
    state.pushed = pushed ?? state.pushed;
    state.provider = buildProvider();
    return { issuer: state.issuer };
  },
  rotate({ keep }) {
    state.keys = [...freshKeys(), ...(keep ? state.keys : [])];
    state.provider = buildProvider();
    return { kids: state.keys.map((key) => key.kid) };
  },
  requests() {
    const seen = requests;
    requests = [];
    return { requests: seen };
  },
};

function obey(line) {
  try {
    const { do: name, ...rest } = JSON.parse(line);
    if (!Object.hasOwn(commands, name)) throw new Error(`no such command: ${name}`);
    return commands[name](rest);
  } catch (error) {
    return { error: error.error_description ?? error.message };
  }
}

const say = (answer) => process.stdout.write(`${JSON.stringify(answer)}\n`);

server.listen(0, "127.0.0.1", () => {
  state.issuer = `http://127.0.0.1:${server.address().port}`;
  state.keys = freshKeys();
  state.provider = buildProvider();
  const lines = createInterface({ input: process.stdin });
  lines.on("line", (line) => say(obey(line)));
  lines.on("close", () => process.exit(0));
  say({ issuer: state.issuer });
});
