BEGIN TRANSACTION;
CREATE TABLE timebank_account_state (
	ledger INTEGER NOT NULL, 
	account TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	mode TEXT NOT NULL, 
	opened_on TEXT NOT NULL, 
	closed_on TEXT, 
	facts TEXT NOT NULL, 
	tiers TEXT NOT NULL, 
	CONSTRAINT pk_timebank_account_state PRIMARY KEY (ledger, account)
)
 WITHOUT ROWID,
 STRICT

;
INSERT INTO "timebank_account_state" VALUES(1,'issuer','issuer','append','2024-01-02',NULL,'[]','[]');
INSERT INTO "timebank_account_state" VALUES(1,'pool:given-on','pool','strict','2024-01-02',NULL,'[]','[]');
INSERT INTO "timebank_account_state" VALUES(1,'v-1','member','strict','2024-01-02',NULL,'[]','[]');
INSERT INTO "timebank_account_state" VALUES(1,'v-2','member','strict','2024-01-02',NULL,'[]','[]');
CREATE TABLE timebank_balance (
	ledger INTEGER NOT NULL, 
	account TEXT NOT NULL, 
	unit TEXT NOT NULL, 
	free INTEGER NOT NULL, 
	held INTEGER NOT NULL, 
	seq INTEGER NOT NULL, 
	CONSTRAINT pk_timebank_balance PRIMARY KEY (ledger, account, unit)
)
 WITHOUT ROWID,
 STRICT

;
INSERT INTO "timebank_balance" VALUES(1,'v-1','hours',7200,0,5);
INSERT INTO "timebank_balance" VALUES(1,'v-1','points',100,0,8);
INSERT INTO "timebank_balance" VALUES(1,'v-2','hours',0,0,2);
INSERT INTO "timebank_balance" VALUES(1,'v-2','points',0,0,2);
CREATE TABLE timebank_entry (
	ledger INTEGER NOT NULL, 
	position INTEGER NOT NULL, 
	id TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	effective_on TEXT NOT NULL, 
	recorded_at INTEGER NOT NULL, 
	recorded_on TEXT NOT NULL, 
	target TEXT, 
	root TEXT NOT NULL, 
	provider TEXT, 
	starts INTEGER, 
	ends INTEGER, 
	body TEXT NOT NULL, 
	CONSTRAINT pk_timebank_entry PRIMARY KEY (ledger, position), 
	CONSTRAINT uq_timebank_entry_id UNIQUE (ledger, id), 
	CONSTRAINT ck_timebank_entry_position CHECK (position >= 1)
)
 STRICT

;
INSERT INTO "timebank_entry" VALUES(1,1,'p-1','adopt-policy','2024-01-02',1795333381614439,'2026-11-22',NULL,'p-1',NULL,NULL,NULL,'{"actor":"desk-1","effective_on":"2024-01-02","format":1,"id":"p-1","operation":{"holds_from":"2019-08-27","text":"# Guangzhou public-welfare time bank (公益时间银行), 2019; renamed 公益时间 in 2023.\n# One hour served is one point; points buy goods and services once the member has a star.\n\nlanguage = 1\n\n[policy]\nname = \"Guangzhou public-welfare time bank\"\nsource = \"http://epaper.xkb.com.cn/view/1145499\"\nstatus = \"pilot\"  # the cap is published as provisional (暂定)\nfrom = 2019-08-27\nsilent = [\n    \"rounding direction (here: down, read from 整数兑换: exchanged in whole numbers), each record by itself\",\n    \"floor (here: no debt)\",\n    \"ages of ''younger old'' (here: only the order of the two)\",\n    \"prices (those here are there for the examples)\",\n    \"how long an order may wait\",\n    \"star levels above the first\",\n    \"whether teams hold points (here: they organise and hold none)\",\n]\n\n[units]\nhours = { scale = 60, record = true }  # served; spending never lowers them\npoints = {}                            # whole points only\n\n[accounts.member]\npoints = { floor = 0, cap = 1500, excess = \"drop\" }\n\n[accounts.group]\nmay = []  # a service team is named as organiser\n\n[accounts.pool]\nnames = [\"given-on\"]  # 二次公益: points given so that others may redeem\n\n[facts]\nage = \"number\"\n\n[classes.care]\ntext = \"关爱服务\"\n\n[classes.old_for_old]  # 初老服务老老: the younger old serve the older old\ntext = \"初老服务老老\"\nrequires = { recipient.age = { above = \"provider.age\" } }\n\n[measures]\ntotal = { sum = \"hours\" }\n\n[rules.hours]\non = \"service\"\nunit = \"hours\"\n\n[rules.points]\non = \"service\"\nunit = \"points\"\namount = [{ of = \"time\" }, { round = \"down\", to = 1 }]\n\n[rules.redeem]\non = \"redeem\"\nunit = \"points\"\nrequires = { star = { min = \"one\" } }\n\n[rules.give_on]\non = \"donate\"\nunit = \"points\"\nto = \"pool:given-on\"\n\n[items]\nrice = { price = 20, channel = \"goods\", text = \"大米\" }\noil = { price = 35, channel = \"goods\", text = \"食用油\" }\nhaircut = { price = 5, channel = \"service\", text = \"上门理发\" }\n\n[ladders.star]\nkeep = \"for ever\"\nlevels = [{ name = \"one\", needs = { total = { min = 100 } }, text = \"一星\" }]\n\n[examples.\"2 h 50 min give 2 points\"]\ndo = [{ on = \"service\", class = \"care\", time = \"2 h 50 min\" }]\nexpect = { points = 2, hours = \"2 h 50 min\" }\n\n[examples.\"redemption is refused at 99 hours\"]\ngiven = { hours = 99, points = 99 }\ndo = [{ on = \"redeem\", item = \"rice\" }]\nexpect = { refused = \"rules.redeem.requires.star\", points = 99 }\n\n[examples.\"it opens at 100 hours, and the hours stay\"]\ngiven = { hours = 100, points = 100 }\ndo = [{ on = \"redeem\", item = \"rice\" }]\nexpect = { points = 80, hours = 100, refused = \"\" }\n\n[examples.\"full at 1 500 points; the hours go on\"]\ngiven = { hours = 1500, points = 1500 }\ndo = [{ on = \"service\", class = \"care\", time = \"3 h\" }]\nexpect = { points = 1500, hours = 1503 }\n\n[examples.\"nobody of the same age counts as older\"]\ndo = [{ on = \"service\", class = \"old_for_old\", recipient = \"n\", time = \"1 h\", facts = { provider.age = 66, recipient.age = 66 } }]\nexpect = { refused = \"classes.old_for_old.requires.recipient.age\" }\n\n[examples.\"points given on\"]\ngiven = { points = 30 }\ndo = [{ on = \"donate\", unit = \"points\", asked = 10 }]\nexpect = { points = 20, \"pool:given-on.points\" = 10 }\n","type":"adopt-policy"},"policy":"34ca67a5006915b78303be93139b7de6d60257f759acbb8dbb5f21b86010c569","recorded_at":"2026-11-22T07:43:01.614439Z","recorded_on":"2026-11-22"}');
INSERT INTO "timebank_entry" VALUES(1,2,'open/issuer','open-account','2024-01-02',1795333381614439,'2026-11-22',NULL,'open/issuer',NULL,NULL,NULL,'{"actor":"desk-1","effective_on":"2024-01-02","format":1,"id":"open/issuer","operation":{"account":"issuer","kind":"issuer","mode":"append","type":"open-account"},"policy":"34ca67a5006915b78303be93139b7de6d60257f759acbb8dbb5f21b86010c569","recorded_at":"2026-11-22T07:43:01.614439Z","recorded_on":"2026-11-22"}');
INSERT INTO "timebank_entry" VALUES(1,3,'open/pool:given-on','open-account','2024-01-02',1795333381614439,'2026-11-22',NULL,'open/pool:given-on',NULL,NULL,NULL,'{"actor":"desk-1","effective_on":"2024-01-02","format":1,"id":"open/pool:given-on","operation":{"account":"pool:given-on","kind":"pool","type":"open-account"},"policy":"34ca67a5006915b78303be93139b7de6d60257f759acbb8dbb5f21b86010c569","recorded_at":"2026-11-22T07:43:01.614439Z","recorded_on":"2026-11-22"}');
INSERT INTO "timebank_entry" VALUES(1,4,'open/v-1','open-account','2024-01-02',1795333381624909,'2026-11-22',NULL,'open/v-1',NULL,NULL,NULL,'{"actor":"desk-1","commitment":"797a2218c64f48d3271413cbfc681b00dc23f76de350d0baeb9768709ef4c938","effective_on":"2024-01-02","format":1,"id":"open/v-1","operation":{"account":"v-1","type":"open-account"},"policy":"34ca67a5006915b78303be93139b7de6d60257f759acbb8dbb5f21b86010c569","recorded_at":"2026-11-22T07:43:01.624909Z","recorded_on":"2026-11-22"}');
INSERT INTO "timebank_entry" VALUES(1,5,'open/v-2','open-account','2024-01-02',1795333381628780,'2026-11-22',NULL,'open/v-2',NULL,NULL,NULL,'{"actor":"desk-1","commitment":"0d06b952267e29815bcfdeae44234464bba9f5586f0d5478be90183a460e2abc","effective_on":"2024-01-02","format":1,"id":"open/v-2","operation":{"account":"v-2","type":"open-account"},"policy":"34ca67a5006915b78303be93139b7de6d60257f759acbb8dbb5f21b86010c569","recorded_at":"2026-11-22T07:43:01.628780Z","recorded_on":"2026-11-22"}');
INSERT INTO "timebank_entry" VALUES(1,6,'s-1','service','2024-02-01',1795333381631120,'2026-11-22',NULL,'s-1',NULL,NULL,NULL,'{"actor":"desk-1","effective_on":"2024-02-01","format":1,"id":"s-1","operation":{"minutes":1440,"provider":"v-1","service_class":"care","type":"service"},"policy":"34ca67a5006915b78303be93139b7de6d60257f759acbb8dbb5f21b86010c569","postings":[{"account":"issuer","amount":-1440,"rule":"hours","unit":"hours"},{"account":"v-1","amount":1440,"rule":"hours","unit":"hours"},{"account":"issuer","amount":-24,"rule":"points","unit":"points"},{"account":"v-1","amount":24,"rule":"points","unit":"points"}],"recorded_at":"2026-11-22T07:43:01.631120Z","recorded_on":"2026-11-22"}');
INSERT INTO "timebank_entry" VALUES(1,7,'s-2','service','2024-02-02',1795333381636103,'2026-11-22',NULL,'s-2',NULL,NULL,NULL,'{"actor":"desk-1","effective_on":"2024-02-02","format":1,"id":"s-2","operation":{"minutes":1440,"provider":"v-1","service_class":"care","type":"service"},"policy":"34ca67a5006915b78303be93139b7de6d60257f759acbb8dbb5f21b86010c569","postings":[{"account":"issuer","amount":-1440,"rule":"hours","unit":"hours"},{"account":"v-1","amount":1440,"rule":"hours","unit":"hours"},{"account":"issuer","amount":-24,"rule":"points","unit":"points"},{"account":"v-1","amount":24,"rule":"points","unit":"points"}],"recorded_at":"2026-11-22T07:43:01.636103Z","recorded_on":"2026-11-22"}');
INSERT INTO "timebank_entry" VALUES(1,8,'s-3','service','2024-02-03',1795333381639465,'2026-11-22',NULL,'s-3',NULL,NULL,NULL,'{"actor":"desk-1","effective_on":"2024-02-03","format":1,"id":"s-3","operation":{"minutes":1440,"provider":"v-1","service_class":"care","type":"service"},"policy":"34ca67a5006915b78303be93139b7de6d60257f759acbb8dbb5f21b86010c569","postings":[{"account":"issuer","amount":-1440,"rule":"hours","unit":"hours"},{"account":"v-1","amount":1440,"rule":"hours","unit":"hours"},{"account":"issuer","amount":-24,"rule":"points","unit":"points"},{"account":"v-1","amount":24,"rule":"points","unit":"points"}],"recorded_at":"2026-11-22T07:43:01.639465Z","recorded_on":"2026-11-22"}');
INSERT INTO "timebank_entry" VALUES(1,9,'s-4','service','2024-02-04',1795333381642451,'2026-11-22',NULL,'s-4',NULL,NULL,NULL,'{"actor":"desk-1","effective_on":"2024-02-04","format":1,"id":"s-4","operation":{"minutes":1440,"provider":"v-1","service_class":"care","type":"service"},"policy":"34ca67a5006915b78303be93139b7de6d60257f759acbb8dbb5f21b86010c569","postings":[{"account":"issuer","amount":-1440,"rule":"hours","unit":"hours"},{"account":"v-1","amount":1440,"rule":"hours","unit":"hours"},{"account":"issuer","amount":-24,"rule":"points","unit":"points"},{"account":"v-1","amount":24,"rule":"points","unit":"points"}],"recorded_at":"2026-11-22T07:43:01.642451Z","recorded_on":"2026-11-22"}');
INSERT INTO "timebank_entry" VALUES(1,10,'s-5','service','2024-02-05',1795333381645295,'2026-11-22',NULL,'s-5',NULL,NULL,NULL,'{"actor":"desk-1","effective_on":"2024-02-05","format":1,"id":"s-5","operation":{"minutes":1440,"provider":"v-1","service_class":"care","type":"service"},"policy":"34ca67a5006915b78303be93139b7de6d60257f759acbb8dbb5f21b86010c569","postings":[{"account":"issuer","amount":-1440,"rule":"hours","unit":"hours"},{"account":"v-1","amount":1440,"rule":"hours","unit":"hours"},{"account":"issuer","amount":-24,"rule":"points","unit":"points"},{"account":"v-1","amount":24,"rule":"points","unit":"points"}],"recorded_at":"2026-11-22T07:43:01.645295Z","recorded_on":"2026-11-22"}');
INSERT INTO "timebank_entry" VALUES(1,11,'01a20235-5e10-7013-8273-0e72ff371d7d','refusal','2024-02-06',1795333381648564,'2026-11-22',NULL,'01a20235-5e10-7013-8273-0e72ff371d7d',NULL,NULL,NULL,'{"actor":"desk-1","effective_on":"2024-02-06","findings":[{"code":"rules.redeem.requires.star","found":"","reason":"at-least","wanted":"one"},{"account":"v-2","code":"accounts.member.points.floor","found":-20,"reason":"floor","unit":"points","wanted":0}],"format":1,"id":"01a20235-5e10-7013-8273-0e72ff371d7d","operation":{"operation":{"delivered":true,"item":"rice","payer":"v-2","type":"order"},"refused":"refused","type":"refusal"},"policy":"34ca67a5006915b78303be93139b7de6d60257f759acbb8dbb5f21b86010c569","recorded_at":"2026-11-22T07:43:01.648564Z","recorded_on":"2026-11-22"}');
INSERT INTO "timebank_entry" VALUES(1,12,'o-1','order','2024-02-07',1795333381655089,'2026-11-22',NULL,'o-1',NULL,NULL,NULL,'{"actor":"desk-1","effective_on":"2024-02-07","format":1,"id":"o-1","operation":{"item":"rice","payer":"v-1","type":"order"},"policy":"34ca67a5006915b78303be93139b7de6d60257f759acbb8dbb5f21b86010c569","postings":[{"account":"v-1","amount":-20,"rule":"redeem","unit":"points"},{"account":"v-1","amount":20,"bucket":"held","rule":"redeem","unit":"points"}],"recorded_at":"2026-11-22T07:43:01.655089Z","recorded_on":"2026-11-22"}');
INSERT INTO "timebank_entry" VALUES(1,13,'f-1','fulfil','2024-02-08',1795333381658092,'2026-11-22','o-1','o-1',NULL,NULL,NULL,'{"actor":"desk-1","effective_on":"2024-02-08","format":1,"id":"f-1","operation":{"order":"o-1","type":"fulfil"},"policy":"34ca67a5006915b78303be93139b7de6d60257f759acbb8dbb5f21b86010c569","postings":[{"account":"v-1","amount":-20,"bucket":"held","rule":"redeem","unit":"points"},{"account":"issuer","amount":20,"rule":"redeem","unit":"points"}],"recorded_at":"2026-11-22T07:43:01.658092Z","recorded_on":"2026-11-22","target":"o-1"}');
INSERT INTO "timebank_entry" VALUES(1,14,'void/lost','void','2024-01-02',1795333381664002,'2026-11-22',NULL,'void/lost',NULL,NULL,NULL,'{"actor":"desk-1","effective_on":"2024-01-02","format":1,"id":"void/lost","operation":{"type":"void","voided":"lost"},"policy":"34ca67a5006915b78303be93139b7de6d60257f759acbb8dbb5f21b86010c569","recorded_at":"2026-11-22T07:43:01.664002Z","recorded_on":"2026-11-22"}');
INSERT INTO "timebank_entry" VALUES(1,15,'s-6','service','2024-02-09',1795333381666263,'2026-11-22',NULL,'s-6',NULL,NULL,NULL,'{"actor":"desk-1","effective_on":"2024-02-09","format":1,"id":"s-6","operation":{"minutes":90,"provider":"v-2","service_class":"care","type":"service"},"policy":"34ca67a5006915b78303be93139b7de6d60257f759acbb8dbb5f21b86010c569","postings":[{"account":"issuer","amount":-90,"rule":"hours","unit":"hours"},{"account":"v-2","amount":90,"rule":"hours","unit":"hours"},{"account":"issuer","amount":-1,"rule":"points","unit":"points"},{"account":"v-2","amount":1,"rule":"points","unit":"points"}],"recorded_at":"2026-11-22T07:43:01.666263Z","recorded_on":"2026-11-22"}');
INSERT INTO "timebank_entry" VALUES(1,16,'r-1','reverse','2024-02-10',1795333381668867,'2026-11-22','s-6','s-6',NULL,NULL,NULL,'{"actor":"desk-1","effective_on":"2024-02-10","format":1,"id":"r-1","operation":{"target":"s-6","type":"reverse"},"policy":"34ca67a5006915b78303be93139b7de6d60257f759acbb8dbb5f21b86010c569","postings":[{"account":"issuer","amount":90,"rule":"hours","undoes":true,"unit":"hours"},{"account":"v-2","amount":-90,"rule":"hours","undoes":true,"unit":"hours"},{"account":"issuer","amount":1,"rule":"points","undoes":true,"unit":"points"},{"account":"v-2","amount":-1,"rule":"points","undoes":true,"unit":"points"}],"recorded_at":"2026-11-22T07:43:01.668867Z","recorded_on":"2026-11-22","target":"s-6"}');
CREATE TABLE timebank_head (
	ledger INTEGER NOT NULL, 
	position INTEGER NOT NULL, 
	CONSTRAINT pk_timebank_head PRIMARY KEY (ledger)
)
 WITHOUT ROWID,
 STRICT

;
INSERT INTO "timebank_head" VALUES(1,16);
INSERT INTO "timebank_head" VALUES(2,0);
CREATE TABLE timebank_ledger (
	ledger INTEGER NOT NULL, 
	name TEXT NOT NULL, 
	time_zone TEXT NOT NULL, 
	keep_refusals INTEGER NOT NULL, 
	policy_position INTEGER NOT NULL, 
	CONSTRAINT pk_timebank_ledger PRIMARY KEY (ledger), 
	CONSTRAINT uq_timebank_ledger_ UNIQUE (name)
)
 STRICT

;
INSERT INTO "timebank_ledger" VALUES(1,'gz','Asia/Shanghai',1,1);
INSERT INTO "timebank_ledger" VALUES(2,'empty','Asia/Shanghai',0,0);
CREATE TABLE timebank_posting (
	ledger INTEGER NOT NULL, 
	position INTEGER NOT NULL, 
	line INTEGER NOT NULL, 
	account TEXT NOT NULL, 
	unit TEXT NOT NULL, 
	bucket TEXT NOT NULL, 
	amount INTEGER NOT NULL, 
	lot TEXT, 
	lot_expires_on TEXT, 
	rule TEXT NOT NULL, 
	undoes INTEGER NOT NULL, 
	day TEXT NOT NULL, 
	origin INTEGER NOT NULL, 
	seq INTEGER, 
	free_after INTEGER, 
	held_after INTEGER, 
	CONSTRAINT pk_timebank_posting PRIMARY KEY (ledger, position, line), 
	CONSTRAINT fk_timebank_posting_ledger FOREIGN KEY(ledger, position) REFERENCES timebank_entry (ledger, position) DEFERRABLE INITIALLY DEFERRED, 
	CONSTRAINT ck_timebank_posting_amount_moves CHECK (amount <> 0), 
	CONSTRAINT ck_timebank_posting_amount_bound CHECK (amount BETWEEN -1000000000000000 AND 1000000000000000), 
	CONSTRAINT ck_timebank_posting_bucket CHECK (bucket IN ('free', 'held'))
)
 WITHOUT ROWID,
 STRICT

;
INSERT INTO "timebank_posting" VALUES(1,6,0,'issuer','hours','free',-1440,NULL,NULL,'hours',0,'2024-02-01',6,NULL,NULL,NULL);
INSERT INTO "timebank_posting" VALUES(1,6,1,'v-1','hours','free',1440,NULL,NULL,'hours',0,'2024-02-01',6,1,1440,0);
INSERT INTO "timebank_posting" VALUES(1,6,2,'issuer','points','free',-24,NULL,NULL,'points',0,'2024-02-01',6,NULL,NULL,NULL);
INSERT INTO "timebank_posting" VALUES(1,6,3,'v-1','points','free',24,NULL,NULL,'points',0,'2024-02-01',6,1,24,0);
INSERT INTO "timebank_posting" VALUES(1,7,0,'issuer','hours','free',-1440,NULL,NULL,'hours',0,'2024-02-02',7,NULL,NULL,NULL);
INSERT INTO "timebank_posting" VALUES(1,7,1,'v-1','hours','free',1440,NULL,NULL,'hours',0,'2024-02-02',7,2,2880,0);
INSERT INTO "timebank_posting" VALUES(1,7,2,'issuer','points','free',-24,NULL,NULL,'points',0,'2024-02-02',7,NULL,NULL,NULL);
INSERT INTO "timebank_posting" VALUES(1,7,3,'v-1','points','free',24,NULL,NULL,'points',0,'2024-02-02',7,2,48,0);
INSERT INTO "timebank_posting" VALUES(1,8,0,'issuer','hours','free',-1440,NULL,NULL,'hours',0,'2024-02-03',8,NULL,NULL,NULL);
INSERT INTO "timebank_posting" VALUES(1,8,1,'v-1','hours','free',1440,NULL,NULL,'hours',0,'2024-02-03',8,3,4320,0);
INSERT INTO "timebank_posting" VALUES(1,8,2,'issuer','points','free',-24,NULL,NULL,'points',0,'2024-02-03',8,NULL,NULL,NULL);
INSERT INTO "timebank_posting" VALUES(1,8,3,'v-1','points','free',24,NULL,NULL,'points',0,'2024-02-03',8,3,72,0);
INSERT INTO "timebank_posting" VALUES(1,9,0,'issuer','hours','free',-1440,NULL,NULL,'hours',0,'2024-02-04',9,NULL,NULL,NULL);
INSERT INTO "timebank_posting" VALUES(1,9,1,'v-1','hours','free',1440,NULL,NULL,'hours',0,'2024-02-04',9,4,5760,0);
INSERT INTO "timebank_posting" VALUES(1,9,2,'issuer','points','free',-24,NULL,NULL,'points',0,'2024-02-04',9,NULL,NULL,NULL);
INSERT INTO "timebank_posting" VALUES(1,9,3,'v-1','points','free',24,NULL,NULL,'points',0,'2024-02-04',9,4,96,0);
INSERT INTO "timebank_posting" VALUES(1,10,0,'issuer','hours','free',-1440,NULL,NULL,'hours',0,'2024-02-05',10,NULL,NULL,NULL);
INSERT INTO "timebank_posting" VALUES(1,10,1,'v-1','hours','free',1440,NULL,NULL,'hours',0,'2024-02-05',10,5,7200,0);
INSERT INTO "timebank_posting" VALUES(1,10,2,'issuer','points','free',-24,NULL,NULL,'points',0,'2024-02-05',10,NULL,NULL,NULL);
INSERT INTO "timebank_posting" VALUES(1,10,3,'v-1','points','free',24,NULL,NULL,'points',0,'2024-02-05',10,5,120,0);
INSERT INTO "timebank_posting" VALUES(1,12,0,'v-1','points','free',-20,NULL,NULL,'redeem',0,'2024-02-07',12,6,100,0);
INSERT INTO "timebank_posting" VALUES(1,12,1,'v-1','points','held',20,NULL,NULL,'redeem',0,'2024-02-07',12,7,100,20);
INSERT INTO "timebank_posting" VALUES(1,13,0,'v-1','points','held',-20,NULL,NULL,'redeem',0,'2024-02-08',13,8,100,0);
INSERT INTO "timebank_posting" VALUES(1,13,1,'issuer','points','free',20,NULL,NULL,'redeem',0,'2024-02-08',13,NULL,NULL,NULL);
INSERT INTO "timebank_posting" VALUES(1,15,0,'issuer','hours','free',-90,NULL,NULL,'hours',0,'2024-02-09',15,NULL,NULL,NULL);
INSERT INTO "timebank_posting" VALUES(1,15,1,'v-2','hours','free',90,NULL,NULL,'hours',0,'2024-02-09',15,1,90,0);
INSERT INTO "timebank_posting" VALUES(1,15,2,'issuer','points','free',-1,NULL,NULL,'points',0,'2024-02-09',15,NULL,NULL,NULL);
INSERT INTO "timebank_posting" VALUES(1,15,3,'v-2','points','free',1,NULL,NULL,'points',0,'2024-02-09',15,1,1,0);
INSERT INTO "timebank_posting" VALUES(1,16,0,'issuer','hours','free',90,NULL,NULL,'hours',1,'2024-02-09',15,NULL,NULL,NULL);
INSERT INTO "timebank_posting" VALUES(1,16,1,'v-2','hours','free',-90,NULL,NULL,'hours',1,'2024-02-09',15,2,0,0);
INSERT INTO "timebank_posting" VALUES(1,16,2,'issuer','points','free',1,NULL,NULL,'points',1,'2024-02-09',15,NULL,NULL,NULL);
INSERT INTO "timebank_posting" VALUES(1,16,3,'v-2','points','free',-1,NULL,NULL,'points',1,'2024-02-09',15,2,0,0);
CREATE TABLE timebank_private (
	ledger INTEGER NOT NULL, 
	id TEXT NOT NULL, 
	salt BLOB NOT NULL, 
	body TEXT NOT NULL, 
	CONSTRAINT pk_timebank_private PRIMARY KEY (ledger, id)
)
 STRICT

;
INSERT INTO "timebank_private" VALUES(1,'open/v-1',X'79937259FCC3465805A5468A216997A8257EEF96D31DB1BC564CEE0E349B3CD1','[["name","王芳"]]');
CREATE TABLE timebank_schema (
	version INTEGER NOT NULL, 
	CONSTRAINT pk_timebank_schema PRIMARY KEY (version)
)
 STRICT

;
INSERT INTO "timebank_schema" VALUES(1);
CREATE TABLE timebank_taken_id (
	ledger INTEGER NOT NULL, 
	id TEXT NOT NULL, 
	position INTEGER NOT NULL, 
	CONSTRAINT pk_timebank_taken_id PRIMARY KEY (ledger, id)
)
 WITHOUT ROWID,
 STRICT

;
INSERT INTO "timebank_taken_id" VALUES(1,'lost',14);
CREATE INDEX ix_timebank_entry_root ON timebank_entry (ledger, root);
CREATE INDEX ix_timebank_entry_provider ON timebank_entry (ledger, provider, starts);
CREATE INDEX ix_timebank_entry_target ON timebank_entry (ledger, target);
CREATE INDEX ix_timebank_posting_account_day ON timebank_posting (ledger, account, unit, day);
CREATE INDEX ix_timebank_posting_lot ON timebank_posting (ledger, lot);
CREATE INDEX ix_timebank_posting_account_position ON timebank_posting (ledger, account, unit, position);
CREATE TRIGGER timebank_entry_update BEFORE UPDATE ON timebank_entry BEGIN SELECT RAISE(ABORT, 'entry is append-only'); END;
CREATE TRIGGER timebank_entry_delete BEFORE DELETE ON timebank_entry BEGIN SELECT RAISE(ABORT, 'entry is append-only'); END;
CREATE TRIGGER timebank_posting_update BEFORE UPDATE ON timebank_posting BEGIN SELECT RAISE(ABORT, 'posting is append-only'); END;
CREATE TRIGGER timebank_posting_delete BEFORE DELETE ON timebank_posting BEGIN SELECT RAISE(ABORT, 'posting is append-only'); END;
CREATE TRIGGER timebank_taken_id_update BEFORE UPDATE ON timebank_taken_id BEGIN SELECT RAISE(ABORT, 'taken_id is append-only'); END;
CREATE TRIGGER timebank_taken_id_delete BEFORE DELETE ON timebank_taken_id BEGIN SELECT RAISE(ABORT, 'taken_id is append-only'); END;
CREATE TRIGGER timebank_private_update BEFORE UPDATE ON timebank_private BEGIN SELECT RAISE(ABORT, 'private details are erased, never changed'); END;
CREATE TRIGGER timebank_ledger_update BEFORE UPDATE OF ledger, name, time_zone, keep_refusals ON timebank_ledger BEGIN SELECT RAISE(ABORT, 'a ledger is set up once'); END;
CREATE TRIGGER timebank_ledger_delete BEFORE DELETE ON timebank_ledger BEGIN SELECT RAISE(ABORT, 'a ledger is for ever'); END;
CREATE TRIGGER timebank_entry_insert BEFORE INSERT ON timebank_entry BEGIN SELECT RAISE(ABORT, 'positions follow each other without gaps') WHERE NEW.position <> (SELECT COALESCE(MAX(position), 0) + 1 FROM timebank_entry WHERE ledger = NEW.ledger); SELECT RAISE(ABORT, 'the id is taken') WHERE EXISTS (SELECT 1 FROM timebank_entry WHERE ledger = NEW.ledger AND id = NEW.id); SELECT RAISE(ABORT, 'postings must sum to zero in each unit') WHERE EXISTS (SELECT 1 FROM timebank_posting WHERE ledger = NEW.ledger AND position = NEW.position GROUP BY unit HAVING SUM(amount) <> 0); END;
CREATE TRIGGER timebank_posting_insert BEFORE INSERT ON timebank_posting BEGIN SELECT RAISE(ABORT, 'legs come before their entry') WHERE EXISTS (SELECT 1 FROM timebank_entry WHERE ledger = NEW.ledger AND position = NEW.position); SELECT RAISE(ABORT, 'the leg is there already') WHERE EXISTS (SELECT 1 FROM timebank_posting WHERE ledger = NEW.ledger AND position = NEW.position AND line = NEW.line); END;
CREATE TRIGGER timebank_ledger_insert BEFORE INSERT ON timebank_ledger BEGIN SELECT RAISE(ABORT, 'a ledger is for ever') WHERE EXISTS (SELECT 1 FROM timebank_ledger WHERE ledger = NEW.ledger OR name = NEW.name); END;
CREATE TRIGGER timebank_private_insert BEFORE INSERT ON timebank_private BEGIN SELECT RAISE(ABORT, 'private details are erased, never changed') WHERE EXISTS (SELECT 1 FROM timebank_private WHERE ledger = NEW.ledger AND id = NEW.id); END;
CREATE TRIGGER timebank_taken_id_insert BEFORE INSERT ON timebank_taken_id BEGIN SELECT RAISE(ABORT, 'the id is taken') WHERE EXISTS (SELECT 1 FROM timebank_taken_id WHERE ledger = NEW.ledger AND id = NEW.id); END;
COMMIT;
