// Asks yaml-language-server what an editor would show of YAML documents.
//   In:  the folder that its package was installed to, as argument, and perhaps a file for the seconds that this
//        driver itself took of the processor, for those who measure the server; on standard input a JSON list of
//        { path, text, hover: [[line, column], …], complete: [[line, column], …] }, counted from 0.
//        A document need not be on disk; its schema line is relative to its path.
//   Out: a JSON list of { diagnostics: [{ line, column, severity, message }], hover: [text],
//        complete: [[{ label, text }]] } in the same order, lines and columns of diagnostics from 1.
"use strict";
const { spawn } = require("node:child_process");
const { once } = require("node:events");
const fs = require("node:fs");
const path = require("node:path");
const { pathToFileURL } = require("node:url");

const SETTINGS = {
	yaml: { validate: true, hover: true, completion: true, schemas: {}, schemaStore: { enable: false } },
	// Nothing is fetched: schemas are on disk.
	http: {},
};

class Server {
	constructor(folder) {
		const program = path.join(folder, "node_modules/yaml-language-server/bin/yaml-language-server");
		this.child = spawn(process.execPath, [program, "--stdio"], { stdio: ["pipe", "pipe", "inherit"] });
		this.answers = new Map();
		this.published = new Map();
		this.last = 0;
		this.rest = Buffer.alloc(0);
		this.child.stdout.on("data", (bytes) => this.read(bytes));
	}

	send(message) {
		const text = JSON.stringify({ jsonrpc: "2.0", ...message });
		this.child.stdin.write(`Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);
	}

	ask(method, params) {
		const id = ++this.last;
		this.send({ id, method, params });
		return new Promise((resolve, reject) => this.answers.set(id, { resolve, reject }));
	}

	tell(method, params) {
		this.send({ method, params });
	}

	/// The diagnostics that the server publishes next for a document.
	diagnostics(uri) {
		return new Promise((resolve) => this.published.set(uri, resolve));
	}

	read(bytes) {
		this.rest = Buffer.concat([this.rest, bytes]);
		for (;;) {
			const end = this.rest.indexOf("\r\n\r\n");
			if (end < 0) return;
			const length = Number(/Content-Length: (\d+)/i.exec(this.rest.subarray(0, end))[1]);
			const start = end + 4;
			if (this.rest.length < start + length) return;
			const message = JSON.parse(this.rest.subarray(start, start + length));
			this.rest = this.rest.subarray(start + length);
			this.take(message);
		}
	}

	take(message) {
		if (message.method === "textDocument/publishDiagnostics") {
			this.published.get(message.params.uri)?.(message.params.diagnostics);
			this.published.delete(message.params.uri);
		} else if (message.method && message.id !== undefined) {
			// Without an answer about its settings the server checks nothing.
			const isSettings = message.method === "workspace/configuration";
			const result = isSettings ? message.params.items.map((item) => SETTINGS[item.section] ?? null) : null;
			this.send({ id: message.id, result });
		} else if (this.answers.has(message.id)) {
			const { resolve, reject } = this.answers.get(message.id);
			this.answers.delete(message.id);
			if (message.error) reject(new Error(message.error.message));
			else resolve(message.result);
		}
	}
}

function textOf(contents) {
	if (contents === undefined || contents === null) return "";
	if (Array.isArray(contents)) return contents.map(textOf).join("\n");
	return typeof contents === "string" ? contents : contents.value;
}

async function examine(server, document) {
	const uri = pathToFileURL(path.resolve(document.path)).href;
	const place = ([line, character]) => ({ textDocument: { uri }, position: { line, character } });
	const published = server.diagnostics(uri);
	server.tell("textDocument/didOpen", {
		textDocument: { uri, languageId: "yaml", version: 1, text: document.text },
	});
	const diagnostics = (await published).map(({ range, severity, message }) => ({
		line: range.start.line + 1,
		column: range.start.character + 1,
		severity,
		message,
	}));
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
	return { diagnostics, hover, complete };
}

async function main() {
	let input = "";
	for await (const text of process.stdin) input += text;
	const server = new Server(process.argv[2]);
	await server.ask("initialize", {
		processId: process.pid,
		rootUri: null,
		capabilities: {
			workspace: { configuration: true },
			textDocument: {
				publishDiagnostics: {},
				hover: { contentFormat: ["markdown"] },
				completion: { completionItem: { snippetSupport: true, documentationFormat: ["markdown"] } },
			},
		},
	});
	server.tell("initialized", {});
	const results = [];
	for (const document of JSON.parse(input)) results.push(await examine(server, document));
	const ended = once(server.child, "exit");
	await server.ask("shutdown");
	server.tell("exit");
	await ended;
	process.stdout.write(JSON.stringify(results));
	if (process.argv[3]) {
		const { user, system } = process.cpuUsage();
		fs.writeFileSync(process.argv[3], String((user + system) / 1e6));
	}
}

main().catch((error) => {
	process.stderr.write(`${error.stack}\n`);
	process.exit(1);
});
