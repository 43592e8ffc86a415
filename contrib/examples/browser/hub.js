// SPDX-License-Identifier: MIT
//
// hub.js -- topics of a websubd hub in a page, without dependencies.
//
//     const hub = Hub.init({ url: "https://hub.example/" });
//     hub.subscribe({
//         topic: "https://example.com/feed",
//         onmessage(event) { show(event.body); },
//         onerror(problem) { console.warn(problem.detail); },
//     });
//     hub.open();
//
// One connection carries all topics: server-sent events; where these do not
// come through, long-polling; where that does not either, a WebSocket. The
// place in the log is kept in localStorage after the handlers have returned, so
// a reload, a crash or a restart of the hub neither loses an update nor shows
// one twice.

class Hub {
    // url        of the hub, with a "/" at its end
    // since      where a page begins that has never been here: "latest"
    // transports in the order in which they are tried
    // ticket     async function that gets one from your own server; null: none
    // storage    like localStorage; null: nothing outlives the page
    // name       tells apart what several pages keep
    // ongap(gap) updates are lost: the hub no longer has them
    // onopen(transport)
    static init(options) {
        return new Hub(options);
    }

    constructor({ url, since = "latest", ticket = null, name = "hub",
                  transports = ["sse", "poll", "ws"],
                  storage = globalThis.localStorage ?? null,
                  ongap = () => {}, onopen = () => {} }) {
        Object.assign(this, { url, since, ticket, transports, storage,
                              ongap, onopen });
        this.key = `websub:${name}:${url}`;
        this.topics = new Map();
        this.place = this.#remembered();
        this.transport = 0;
        this.failures = 0;
        this.turn = 0; // of connecting; what belongs to an older one is over
    }

    subscribe({ topic, onmessage, onerror = () => {} }) {
        this.topics.set(topic, { onmessage, onerror });
        this.#again();
    }

    unsubscribe(topic) {
        this.topics.delete(topic);
        this.#again();
    }

    open() {
        this.running = true;
        this.#again();
    }

    close() {
        this.running = false;
        this.#again();
    }

    // -------------------------------------------------------- what is told

    #take(event) {
        const last = this.place.seen[event.topic];
        const known = last && last[0] === event.incarnation
            && event.seq <= last[1];
        if (!known) {
            this.topics.get(event.topic)?.onmessage(event);
            this.place.seen[event.topic] = [event.incarnation, event.seq];
        }
        this.#reach(event.id);
    }

    #reach(cursor) {
        if (!cursor)
            return;
        this.place.cursor = cursor;
        try {
            this.storage?.setItem(this.key, JSON.stringify(this.place));
        } catch {
            // Full or forbidden: then nothing outlives the page.
        }
    }

    #remembered() {
        try {
            const kept = JSON.parse(this.storage?.getItem(this.key));
            if (kept?.cursor && kept.seen)
                return kept;
        } catch {
            // Not ours.
        }
        return { cursor: null, seen: {} };
    }

    #complain(problem) {
        for (const { onerror } of this.topics.values())
            onerror(problem);
    }

    // ---------------------------------------------------------- connecting

    // Everything that can change leads here, once however often in a row.
    #again(after = 0) {
        this.stop?.();
        this.stop = null;
        const turn = ++this.turn;
        if (!this.running || this.topics.size === 0)
            return;
        const timer = setTimeout(() => this.#connect(turn), after);
        this.stop = () => clearTimeout(timer);
    }

    async #connect(turn) {
        const way = this.transports[this.transport % this.transports.length];
        let ticket = null;
        try {
            ticket = this.ticket ? await this.ticket() : null;
        } catch (error) {
            this.#failed(turn, { detail: String(error), retryable: true });
            return;
        }
        if (turn !== this.turn)
            return;
        const address = new URL(`events/${way}`, this.url);
        for (const topic of this.topics.keys())
            address.searchParams.append("topic", topic);
        if (ticket)
            address.searchParams.set("ticket", ticket);
        const begin = { sse: this.#sse, poll: this.#poll, ws: this.#ws }[way];
        begin.call(this, turn, address);
    }

    #works(way) {
        this.failures = 0;
        this.onopen(way);
    }

    // Where it was tried twice in vain, another way may come through.
    #failed(turn, problem, after = 0) {
        if (turn !== this.turn)
            return;
        this.#complain(problem);
        if (!problem.retryable) {
            this.close();
            return;
        }
        if (++this.failures % 2 === 0)
            this.transport++;
        const longest = Math.min(60000, 1000 * 2 ** this.failures);
        this.#again(Math.max(after, longest * (0.5 + Math.random() / 2)));
    }

    #from(address) {
        address.searchParams.set("since", this.place.cursor ?? this.since);
        return address;
    }

    #sse(turn, address) {
        const source = new EventSource(this.#from(address));
        // A proxy that collects what should flow never lets `open` through.
        const patience = setTimeout(() => failed("nothing comes"), 10000);
        this.stop = () => {
            clearTimeout(patience);
            source.close();
        };
        const failed = (detail) => {
            source.close();
            this.#failed(turn, { detail, retryable: true });
        };
        const control = (name, act) => source.addEventListener(name, (e) => {
            act(JSON.parse(e.data));
            this.#reach(e.lastEventId);
        });
        control("open", () => {
            clearTimeout(patience);
            this.#works("sse");
        });
        control("gap", (gap) => this.ongap(gap));
        source.addEventListener("abort", (e) => {
            source.close();
            this.#failed(turn, JSON.parse(e.data));
        });
        source.onmessage = (e) => this.#take(JSON.parse(e.data));
        // An EventSource comes back by itself, after the hub's own `retry`,
        // but for an answer that is no stream.
        source.onerror = () => {
            if (source.readyState === EventSource.CLOSED)
                failed("the hub does not answer with a stream; does it allow "
                    + "this page's origin (pull-origin)?");
        };
    }

    async #poll(turn, address) {
        const control = new AbortController();
        this.stop = () => control.abort();
        try {
            while (turn === this.turn)
                await this.#poll_once(turn, address, control.signal);
        } catch (error) {
            if (error.name !== "AbortError")
                this.#failed(turn, { detail: String(error), retryable: true });
        }
    }

    async #poll_once(turn, address, signal) {
        // The first only asks where we are.
        address.searchParams.set("wait", this.polled === turn ? 25 : 0);
        const answer = await fetch(this.#from(address), { signal });
        const said = await answer.json();
        if (turn !== this.turn)
            return;
        if (!answer.ok) {
            this.#failed(turn, said, said.retry_after_ms);
            return;
        }
        if (this.failures > 0 || this.polled !== turn)
            this.#works("poll");
        this.polled = turn;
        if (said.gap)
            this.ongap(said.gap);
        said.events.forEach((event) => this.#take(event));
        this.#reach(said.cursor);
        const pause = said.next?.after_ms ?? 0;
        await new Promise((done) => setTimeout(done, pause));
    }

    #ws(turn, address) {
        address.protocol = address.protocol.replace("http", "ws");
        const socket = new WebSocket(this.#from(address));
        this.stop = () => {
            socket.onclose = null;
            socket.close();
        };
        socket.onmessage = (e) => {
            const said = JSON.parse(e.data);
            if (said.type === "event")
                this.#take(said);
            else if (said.type === "open")
                this.#works("ws");
            else if (said.type === "gap")
                this.ongap(said);
            if (said.type !== "event")
                this.#reach(said.cursor);
        };
        // 1008 and what the hub has of its own, but for "too many", are for
        // good.
        socket.onclose = (e) => this.#failed(turn, {
            detail: e.reason || `closed with ${e.code}`,
            retryable: e.code !== 1008 && (e.code < 4400 || e.code === 4429),
        });
    }
}

globalThis.Hub = Hub;
