-- What a desk keeps. Texts stay as scored; offsets are code points, half open.

CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

-- A scored page. `worst` sorts by severity, then by score, the worst first; `margin` is the distance of
-- the nearest score to its threshold; `draw` is uniform in [0, 1), by hash of id, text and seed.
-- `listed` counts its sentences to be looked at, `open` those of them that nobody has decided.
CREATE TABLE page (
  page INTEGER PRIMARY KEY,
  id TEXT NOT NULL,
  text_sha256 TEXT NOT NULL,
  row_sha256 TEXT NOT NULL,     -- of the row as imported
  imported TEXT NOT NULL,
  site TEXT NOT NULL,
  language TEXT,
  model TEXT NOT NULL,
  release TEXT,
  thresholds TEXT NOT NULL,     -- as in the row
  severity INTEGER NOT NULL,    -- 0 where no claim is flagged
  worst REAL NOT NULL,
  margin REAL NOT NULL,
  draw REAL NOT NULL,
  listed INTEGER NOT NULL,
  open INTEGER NOT NULL,
  columns TEXT NOT NULL,        -- the record's own, as JSON
  text TEXT,                    -- null once purged; last, so that what scans the rest need not read it
  UNIQUE (id, text_sha256)
);
CREATE INDEX page_worst ON page (worst, page);
CREATE INDEX page_margin ON page (margin, page);
CREATE INDEX page_draw ON page (draw, page);
CREATE INDEX page_site ON page (site, page);
CREATE INDEX page_language ON page (language);
CREATE INDEX page_id ON page (id, page);
CREATE INDEX page_state ON page (listed, open, draw);

CREATE TABLE page_label (
  page INTEGER NOT NULL REFERENCES page,
  label TEXT NOT NULL,
  score REAL NOT NULL,
  decision TEXT NOT NULL,       -- flag, review or pass
  PRIMARY KEY (label, page)
) WITHOUT ROWID;
CREATE INDEX page_label_page ON page_label (page);

-- What is decided once: a sentence, wherever it is repeated. `current` is the decision in force.
CREATE TABLE item (
  item INTEGER PRIMARY KEY,
  key TEXT NOT NULL UNIQUE,
  current INTEGER REFERENCES decision
);

-- Where an item stands. `listed` is 0 for a sentence that only a reviewer has pointed out.
CREATE TABLE sentence (
  page INTEGER NOT NULL REFERENCES page,
  start INTEGER NOT NULL,
  "end" INTEGER NOT NULL,
  item INTEGER NOT NULL REFERENCES item,
  listed INTEGER NOT NULL,
  flags TEXT NOT NULL,          -- labels flagged or up for review, as JSON
  scores TEXT NOT NULL,
  severity INTEGER NOT NULL,
  severity_rule TEXT,
  PRIMARY KEY (page, start)
) WITHOUT ROWID;
CREATE INDEX sentence_item ON sentence (item);

-- Append-only. Undoing a decision is one more row, which names it.
CREATE TABLE decision (
  decision INTEGER PRIMARY KEY AUTOINCREMENT,
  item INTEGER NOT NULL REFERENCES item,
  page INTEGER NOT NULL REFERENCES page,   -- where it was made
  start INTEGER NOT NULL,
  kind TEXT NOT NULL,           -- accept, reject, relabel, missed, unsure, undo
  labels TEXT,                  -- that hold, as JSON; null for unsure and undo
  claim TEXT,                   -- none, supported, unsupported; null where nobody said
  flags TEXT NOT NULL,          -- what was flagged, as JSON
  model TEXT NOT NULL,          -- by which model
  note TEXT NOT NULL,
  reviewer TEXT NOT NULL,
  at TEXT NOT NULL,             -- UTC, ISO 8601
  undoes INTEGER REFERENCES decision
);
CREATE INDEX decision_item ON decision (item);
CREATE INDEX decision_undoes ON decision (undoes) WHERE undoes IS NOT NULL;
CREATE TRIGGER decision_stays BEFORE UPDATE ON decision BEGIN SELECT raise(ABORT, 'append-only'); END;
CREATE TRIGGER decision_kept BEFORE DELETE ON decision BEGIN SELECT raise(ABORT, 'append-only'); END;
