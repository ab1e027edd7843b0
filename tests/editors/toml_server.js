// Asks taplo's language server what an editor would show of TOML documents.
//   In:  the folder that its package was installed to, as argument; on standard input a JSON list of
//        { path, text, hover: [[line, column], …], complete: [[line, column], …] }, counted from 0.
//   Out: a JSON list of { diagnostics: [], hover: [text], complete: [[{ label, text }]] } in the same order;
//        faults are the business of `taplo lint`.
"use strict";
const fs = require("node:fs");
const path = require("node:path");
const { fileURLToPath, pathToFileURL } = require("node:url");

class Server {
	static async start(folder) {
		const { TaploLsp } = require(path.join(folder, "node_modules/@taplo/lsp"));
		const server = new Server();
		server.inner = await TaploLsp.initialize(surroundings(), { onMessage: (message) => server.take(message) });
		return server;
	}

	constructor() {
		this.answers = new Map();
		this.last = 0;
	}

	ask(method, params) {
		const id = ++this.last;
		const answer = new Promise((resolve, reject) => this.answers.set(id, { resolve, reject }));
		this.inner.send({ jsonrpc: "2.0", id, method, params });
		return answer;
	}

	tell(method, params) {
		this.inner.send({ jsonrpc: "2.0", method, params });
	}

	take(message) {
		if (message.method && message.id !== undefined) {
			// Its settings: the ones that it has.
			const result = message.method === "workspace/configuration" ? message.params.items.map(() => null) : null;
			this.inner.send({ jsonrpc: "2.0", id: message.id, result });
		} else if (this.answers.has(message.id)) {
			const { resolve, reject } = this.answers.get(message.id);
			this.answers.delete(message.id);
			if (message.error) reject(new Error(message.error.message));
			else resolve(message.result);
		}
	}
}

/// What the server, which is WebAssembly, may see: files, and no network.
function surroundings() {
	const refused = async () => {
		throw new Error("nothing is fetched: schemas are on disk");
	};
	return {
		now: () => new Date(0),
		envVar: () => undefined,
		envVars: () => [],
		stdErrAtty: () => false,
		stdin: async () => new Uint8Array(),
		stdout: async (bytes) => bytes.length,
		// It complains of the catalogue that it cannot fetch.
		stderr: async (bytes) => bytes.length,
		glob: () => [],
		readFile: (name) => fs.promises.readFile(name),
		writeFile: async () => {},
		urlToFilePath: (url) => (url.startsWith("file:") ? fileURLToPath(url) : url),
		isAbsolute: path.isAbsolute,
		cwd: () => process.cwd(),
		findConfigFile: () => undefined,
		fetch: { fetch: refused, Headers, Request, Response },
	};
}

function textOf(contents) {
	if (contents === undefined || contents === null) return "";
	return typeof contents === "string" ? contents : contents.value;
}

async function examine(server, document) {
	const uri = pathToFileURL(path.resolve(document.path)).href;
	const place = ([line, character]) => ({ textDocument: { uri }, position: { line, character } });
	server.tell("textDocument/didOpen", {
		textDocument: { uri, languageId: "toml", version: 1, text: document.text },
	});
	const hover = [];
	for (const position of document.hover ?? []) {
		hover.push(textOf((await server.ask("textDocument/hover", place(position)))?.contents));
	}
	const complete = [];
	for (const position of document.complete ?? []) {
		const found = await server.ask("textDocument/completion", place(position));
		const items = found?.items ?? found ?? [];
		complete.push(items.map((item) => ({ label: item.label, text: textOf(item.documentation) })));
	}
	server.tell("textDocument/didClose", { textDocument: { uri } });
	return { diagnostics: [], hover, complete };
}

async function main() {
	let input = "";
	for await (const text of process.stdin) input += text;
	const server = await Server.start(process.argv[2]);
	const root = pathToFileURL(path.parse(process.cwd()).root).href;
	await server.ask("initialize", {
		processId: process.pid,
		rootUri: root,
		workspaceFolders: [{ uri: root, name: "root" }],
		initializationOptions: { configurationSection: "toml" },
		capabilities: { workspace: { configuration: true, workspaceFolders: true } },
	});
	server.tell("initialized", {});
	const results = [];
	for (const document of JSON.parse(input)) results.push(await examine(server, document));
	process.stdout.write(JSON.stringify(results), () => process.exit(0));
}

main().catch((error) => {
	process.stderr.write(`${error.stack}\n`);
	process.exit(1);
});
