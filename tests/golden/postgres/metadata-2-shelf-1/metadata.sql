--
-- PostgreSQL database dump
--


-- Dumped from database version 15.18 (Debian 15.18-0+deb12u1)
-- Dumped by pg_dump version 15.18 (Debian 15.18-0+deb12u1)

SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

--
-- Name: strongroom; Type: SCHEMA; Schema: -; Owner: -
--

CREATE SCHEMA strongroom;


SET default_tablespace = '';

SET default_table_access_method = heap;

--
-- Name: claims; Type: TABLE; Schema: strongroom; Owner: -
--

CREATE TABLE strongroom.claims (
    reference bytea NOT NULL,
    state bigint NOT NULL
);


--
-- Name: clock; Type: TABLE; Schema: strongroom; Owner: -
--

CREATE TABLE strongroom.clock (
    stamp bigint NOT NULL,
    row_version bigint NOT NULL,
    mac bytea NOT NULL
);


--
-- Name: commits; Type: TABLE; Schema: strongroom; Owner: -
--

CREATE TABLE strongroom.commits (
    session bytea NOT NULL,
    number bigint NOT NULL,
    fences bigint DEFAULT 0 NOT NULL,
    made_at bigint NOT NULL
)
WITH (fillfactor='50');


--
-- Name: encryptions; Type: TABLE; Schema: strongroom; Owner: -
--

CREATE TABLE strongroom.encryptions (
    project_id bytea NOT NULL,
    generation bigint NOT NULL,
    granted bigint NOT NULL,
    row_version bigint NOT NULL,
    mac bytea NOT NULL
);


--
-- Name: erasures; Type: TABLE; Schema: strongroom; Owner: -
--

CREATE TABLE strongroom.erasures (
    version_id bytea NOT NULL,
    project_id bytea NOT NULL,
    secret_id bytea NOT NULL,
    backend text NOT NULL COLLATE pg_catalog."C",
    reference bytea,
    locator bytea,
    name_hash bytea NOT NULL,
    requested_at bigint NOT NULL,
    done_at bigint,
    row_version bigint NOT NULL,
    mac bytea NOT NULL
);


--
-- Name: keys; Type: TABLE; Schema: strongroom; Owner: -
--

CREATE TABLE strongroom.keys (
    key_id bytea NOT NULL,
    project_id bytea NOT NULL,
    generation bigint NOT NULL,
    state bigint NOT NULL,
    backend text NOT NULL COLLATE pg_catalog."C",
    root_key_id text NOT NULL COLLATE pg_catalog."C",
    wrapped bytea NOT NULL,
    created_at bigint NOT NULL,
    row_version bigint NOT NULL,
    mac bytea NOT NULL
);


--
-- Name: projects; Type: TABLE; Schema: strongroom; Owner: -
--

CREATE TABLE strongroom.projects (
    project_id bytea NOT NULL,
    name text NOT NULL COLLATE pg_catalog."C",
    state bigint NOT NULL,
    backend text NOT NULL COLLATE pg_catalog."C",
    epoch bigint NOT NULL,
    generation bigint NOT NULL,
    created_at bigint NOT NULL,
    row_version bigint NOT NULL,
    mac bytea NOT NULL
);


--
-- Name: root_keys; Type: TABLE; Schema: strongroom; Owner: -
--

CREATE TABLE strongroom.root_keys (
    backend text NOT NULL COLLATE pg_catalog."C",
    root_key_id text NOT NULL COLLATE pg_catalog."C",
    state bigint NOT NULL,
    check_value bytea NOT NULL,
    created_at bigint NOT NULL,
    row_version bigint NOT NULL,
    mac bytea NOT NULL
);


--
-- Name: schema_migrations; Type: TABLE; Schema: strongroom; Owner: -
--

CREATE TABLE strongroom.schema_migrations (
    number bigint NOT NULL,
    name text NOT NULL,
    checksum bytea NOT NULL,
    applied_at bigint NOT NULL
);


--
-- Name: secrets; Type: TABLE; Schema: strongroom; Owner: -
--

CREATE TABLE strongroom.secrets (
    secret_id bytea NOT NULL,
    project_id bytea NOT NULL,
    name text NOT NULL COLLATE pg_catalog."C",
    project_epoch bigint NOT NULL,
    secret_type bigint NOT NULL,
    content_type text COLLATE pg_catalog."C",
    labels bytea NOT NULL,
    next_number bigint NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    row_version bigint NOT NULL,
    mac bytea NOT NULL
);


--
-- Name: store; Type: TABLE; Schema: strongroom; Owner: -
--

CREATE TABLE strongroom.store (
    store_id bytea NOT NULL,
    epoch bigint NOT NULL,
    created_at bigint NOT NULL,
    backed_up_at bigint,
    file bytea,
    row_version bigint NOT NULL,
    mac bytea NOT NULL
);


--
-- Name: versions; Type: TABLE; Schema: strongroom; Owner: -
--

CREATE TABLE strongroom.versions (
    version_id bytea NOT NULL,
    secret_id bytea NOT NULL,
    number bigint NOT NULL,
    project_epoch bigint NOT NULL,
    state bigint NOT NULL,
    reference bytea,
    locator bytea,
    generation bigint NOT NULL,
    size bigint NOT NULL,
    created_at bigint NOT NULL,
    activates_at bigint,
    expires_at bigint,
    deactivated_at bigint,
    compromised_at bigint,
    destroyed_at bigint,
    row_version bigint NOT NULL,
    mac bytea NOT NULL
);


--
-- Data for Name: claims; Type: TABLE DATA; Schema: strongroom; Owner: -
--

INSERT INTO strongroom.claims VALUES ('\x317537cc8cf49c1b9dca2d7ea7caeb5d2ffefbf1c325872dc12a7b6d863ede95', 1);
INSERT INTO strongroom.claims VALUES ('\x06dc8be718770a4c5d08712aa9c772e0e282bbc5620f242f2633733e29a7860f', 1);
INSERT INTO strongroom.claims VALUES ('\x89dca05b2d48e930346d97de23c26a8ad43bc17f16af717728ae1405985f3476', 1);
INSERT INTO strongroom.claims VALUES ('\xa1d09448fbe694a336d18fce31e0915c3078322c59be5aa272d73d835d01fe2e', 1);
INSERT INTO strongroom.claims VALUES ('\xafc4b24f3135364c775fe96375806de70293e7145e8c6a05a7bf3cdf8e5bf210', 1);
INSERT INTO strongroom.claims VALUES ('\x027cf9afdb707f164db3030258e589634743d1ed201a53eafee8763893221eda', 1);
INSERT INTO strongroom.claims VALUES ('\x6906e8a2a68132c67d39ce13fe06cc3dde64fe8d9b3a9d08db4fab8a234b04c6', 1);
INSERT INTO strongroom.claims VALUES ('\x0559ec4cf05e0c34b580a421f65e49e40aa9049f858d925e2aa369bdf83daa88', 1);
INSERT INTO strongroom.claims VALUES ('\xb8815a4fc34395c0333b3d919a1b8af240cfde3810ba6e7212393715f22d5957', 1);
INSERT INTO strongroom.claims VALUES ('\xfc813e1c8e94977ed4499fe2367dd8ca260b6d2fca012902aafa588a984cbe63', 1);
INSERT INTO strongroom.claims VALUES ('\xaa3e020e057c5ca31ce6767a4f354ca8a5bca50642815cda6477d48a47e2fded', 1);


--
-- Data for Name: clock; Type: TABLE DATA; Schema: strongroom; Owner: -
--

INSERT INTO strongroom.clock VALUES (1733054401034463, 1, '\x8cbcf988104710223bb5b2c278e52c4ee7fb804bff6888f663bbc08a331a7455');


--
-- Data for Name: commits; Type: TABLE DATA; Schema: strongroom; Owner: -
--

INSERT INTO strongroom.commits VALUES ('\x35fd0dfefc89469f67ccb3c4f5840e7a', 2, 0, 1733054400267369);
INSERT INTO strongroom.commits VALUES ('\x9e787a6ca19c4f1bdeb02cc34fd53d8e', 4, 0, 1733054400628434);
INSERT INTO strongroom.commits VALUES ('\xba6d314c566b5bcb9bb2de8f0c248d38', 31, 0, 1733054400631441);


--
-- Data for Name: encryptions; Type: TABLE DATA; Schema: strongroom; Owner: -
--



--
-- Data for Name: erasures; Type: TABLE DATA; Schema: strongroom; Owner: -
--

INSERT INTO strongroom.erasures VALUES ('\x0193821787717ed3ae0cf2b513008d47', '\xd29c1fda123e42b8afaae3c30c728bf2', '\x01938217877179fcaaab97d0721b5792', 'main', NULL, NULL, '\x61d63e13826b3b84e129f015a8549298f445a2f08d97843538e2f9fe66937b6a', 1733054400444982, 1733054400539113, 1, '\x8a326b6d636fe8e677a11b719bd854eda3649ef2a2f97a11a96494d3d15dbb44');
INSERT INTO strongroom.erasures VALUES ('\x0193821787737ee2ac07d22808a2e4e2', '\xd29c1fda123e42b8afaae3c30c728bf2', '\x01938217877179fcaaab97d0721b5792', 'main', NULL, NULL, '\x61d63e13826b3b84e129f015a8549298f445a2f08d97843538e2f9fe66937b6a', 1733054400566868, 1733054400569450, 1, '\x7b4b8484c00db2d92e67617f39f385a3df9c200765581e36824182ea00665a99');
INSERT INTO strongroom.erasures VALUES ('\x01938217884670c896e230e10fb355d8', '\xd8954d03e5344f4082a541b0e3246291', '\x0193821788467e049d6b550027fd34f1', 'main', NULL, NULL, '\xfa0487b48c868d446f5280a95ffd063e946766f2f7289b4814fe8d5391cbd510', 1733054400584663, 1733054400588031, 1, '\x6f3584d1481aabd5ccfe433b464efe61f2553b389047e28653c033d89686fea0');
INSERT INTO strongroom.erasures VALUES ('\x0193821788597e4da236e6a26b5bd4b6', '\xd99bba3a3e074cd593794c2c83f72664', '\x01938217885979bab13f41fd47078c53', 'main', NULL, NULL, '\xc4c6bdc010ab36f54c340b4f3ac0825cb7084515bdb93a6e90be1f7c10d20ee9', 1733054400625306, 1733054400628434, 1, '\x519ec725fda1defa5ae73435d6c33554c73c8c98cd8920fd969385178eb35b56');


--
-- Data for Name: keys; Type: TABLE DATA; Schema: strongroom; Owner: -
--

INSERT INTO strongroom.keys VALUES ('\xc8c011bb363b4a2d8c3eb45b96fc601e', '\x00000000000000000000000000000000', 1, 1, 'main', 'root-1', '\x5352573101010000cd8e263c0e1a71735c27c33a8e5f05b0a62f26b2f8a7eb68d5b9b07cac9f2f9bb2570753986b32d161b4c75871a3d6375d6459bc4e3a132f991173edcd167d251101bbcc3515c076b6232ac4450bbb0faa54d0131d1690f057fd7033c3d98aefc1248b2e162c6adf1a22a98226ca4160', 1733054401034463, 1, '\x0c92618bf652dbe897ade574a56b992a28d826389124d3ee362787b8a3697891');
INSERT INTO strongroom.keys VALUES ('\xdbade16141e145da88a0df7b6425ab0f', '\x192a7ed7965b4d26a316e40c0fe5ef75', 1, 1, 'main', 'root-1', '\x53525731010100001e4a8d384a66f7a1617cfaf94b23490e1ae90ec19c045d52586d5f027da2483cc58988261cc7ae738985b1b25ebbae91c192f24b6e5d3131ac8d19f920b8a35fe164cab2bd9b828636db071ffeb90fdeb753de4d1d4012029090cee989d2e5e7f1cb6056ac10d12dd8d0723f40b334ba', 1733054400358903, 1, '\x60e4a181b7f5ebdcaa35fbb55e46bed3db31e81be5aec2c489424d0b73869398');
INSERT INTO strongroom.keys VALUES ('\x8d15c12677d64841b63395de8c82c85f', '\xd29c1fda123e42b8afaae3c30c728bf2', 1, 1, 'main', 'root-1', '\x53525731010100002cfc6ad09605e323490d2fd635f4f18e2c591cb3ca8252f9f64d32bffcf7f3d254c297735ee2d540cb1c995d99d8d9f72e4616cabc28b8bba416fd131bda88208b6748e318501e6520f836f3639502e5270caeaaa4549cc45f550269a19dedb6bae8ccd4c367d97a31fa50629b59b7a0', 1733054400367375, 1, '\x18ba29bfc1491c6f0744f427dd93ffba27f6f89b00d0f1b01b18a47986c793cb');
INSERT INTO strongroom.keys VALUES ('\xd0f5e8584e9b40139d59c22be157befb', '\xd8954d03e5344f4082a541b0e3246291', 1, 1, 'main', 'root-1', '\x53525731010100009038cdd9727fa82b2e9f3533a29c90e0e71c74d8b3f065a1344bc33ed992ab6fd035ea85a1afb4eee0e20c78a8678bd3458af985092f8afb33fa6afee1c675b88de171b55575b3057955af1c1c7c5c472a5a52f8e88c3ba81d9ff7471b4f8064facd5c487a904695b25e45be20c9e3fc', 1733054400403972, 1, '\x288839c1c27966289f452208f299009255b7665bec8fe174712343b7decb3f5d');
INSERT INTO strongroom.keys VALUES ('\xc3c0202a132c4e9db0bede3b3d340625', '\xd99bba3a3e074cd593794c2c83f72664', 1, 3, 'main', 'root-1', '\x', 1733054400589506, 1, '\xadb9094ebf4876b2a65d8e09557e179f10ed48e89e13dcc4e522aa411f069f84');
INSERT INTO strongroom.keys VALUES ('\xf37fac17f0c04976976761308d47edd7', '\x321a53d5f6644134bea25923f2a1601f', 1, 1, 'main', 'root-1', '\x5352573101010000661d0f61c39795fd7931a6ddea2db8c2b6b552475d2a258fbf704a66ca825f65fd782c426e0f3413025aa9654e9c29e85a185755940df4f9bd5797c74358b129965b5eb5153a705dbbf5a0d121ac6a03138b24fb5fcf92e14a91d80ffa03fd9196af97e4603f6d9fa35f2480179cb03d', 1733054400631441, 1, '\xa2b41d56070bcdb496575c628383beec19d2764bdcac4148c17a200d119062f9');


--
-- Data for Name: projects; Type: TABLE DATA; Schema: strongroom; Owner: -
--

INSERT INTO strongroom.projects VALUES ('\x192a7ed7965b4d26a316e40c0fe5ef75', 'default', 1, 'main', 1733054401034463, 1, 1733054400358903, 1, '\x0b7e034c7e8429c387ff56613285b3253d335c783079186303bd00865c33a2e4');
INSERT INTO strongroom.projects VALUES ('\xd29c1fda123e42b8afaae3c30c728bf2', 'states', 1, 'main', 1733054401034463, 1, 1733054400367375, 1, '\x382ae35e3afa5bf2f1668678d2b688eb6b8c648df41a3ed48fb36c3c40e8e8b7');
INSERT INTO strongroom.projects VALUES ('\xd8954d03e5344f4082a541b0e3246291', 'web1', 1, 'main', 1733054401034463, 1, 1733054400403972, 1, '\xd5dd50fba8c74ee5cf25e26cbcfe886a9ade5423d0126fca2a679a90cfc29296');
INSERT INTO strongroom.projects VALUES ('\xd99bba3a3e074cd593794c2c83f72664', '', 3, 'main', 1733054401034463, 1, 1733054400589506, 1, '\x62e7ddc1cf27f1dec4f133a1924c0671744de279903754910f2f9185ac5779a0');
INSERT INTO strongroom.projects VALUES ('\x321a53d5f6644134bea25923f2a1601f', 'empty', 1, 'main', 1733054401034463, 1, 1733054400631441, 1, '\xebf426edd1e95c41fa0e6d537fc05f95b96d48a7f4192e27a2e87b59588716a5');


--
-- Data for Name: root_keys; Type: TABLE DATA; Schema: strongroom; Owner: -
--

INSERT INTO strongroom.root_keys VALUES ('main', 'root-1', 1, '\x5352573101010000f7b42b1648d342a9c859c68edb32a06eb5b4b3788d6f07682c0ba0807995f1476b633a600de68420884cc5a222c85231d9ed5fd779e9f207adc39c1c2ccc4e1b4d24976546bd36f23a69e4381f94775085319d1995412307f6c6f2a129c5b5509fe01f14f97eb87c6360d29e644d273d', 1733054401034463, 1, '\x0daafe294dda9ce5673b8ecb987c8d42ce5c854af3e24fd8bc616e2f7eacf541');


--
-- Data for Name: schema_migrations; Type: TABLE DATA; Schema: strongroom; Owner: -
--

INSERT INTO strongroom.schema_migrations VALUES (1, 'first', '\x59e4f35ab945f6c5e48b1597a0cc5030ec703f021bd3cdd8bf5d02ddf710e544', 1733054400254023);
INSERT INTO strongroom.schema_migrations VALUES (2, 'encryptions', '\xf3cbef8135826ea26a223c5c7e6589cbb3868eba3e6cb74d95858a100d91f9bb', 1733054400254023);


--
-- Data for Name: secrets; Type: TABLE DATA; Schema: strongroom; Owner: -
--

INSERT INTO strongroom.secrets VALUES ('\x01938217876973338667e70b232fa791', '\x192a7ed7965b4d26a316e40c0fe5ef75', 'laptop', 1733054401034463, 1, NULL, '\x', 2, 1733054400364024, 1733054400364024, 1, '\x6342ee30c06454e2c1da71817e39b9f2d1d0c7c20b8b1edc7fd4248f0075715e');
INSERT INTO strongroom.secrets VALUES ('\x0193821787917943a33ddaaf2c96fc34', '\xd29c1fda123e42b8afaae3c30c728bf2', 'expired', 1733054401034463, 1, NULL, '\x', 2, 1733054400402018, 1733054400402018, 1, '\xd892bdbd7af0fd96e2269b6db1ac06c3e3ef19e16e9b5a5f34688b17a8c8d6f5');
INSERT INTO strongroom.secrets VALUES ('\x0193821787ae707983c3bc6ed7f0e68e', '\xd8954d03e5344f4082a541b0e3246291', 'keys/master', 1733054401034463, 2, 'application/octet-stream', '\x0300000004686f7374030000000477656231030000000cc39c6265727363687269667403000000086772c3b6c39f6572', 2, 1733054400431428, 1733054400431428, 1, '\x5be7bbab08421b86f9fcc398961c107ede283c1e44e833db2a88865dc5c7a0aa');
INSERT INTO strongroom.secrets VALUES ('\x0193821787b07a558e750daf7430a46c', '\xd8954d03e5344f4082a541b0e3246291', 'large', 1733054401034463, 1, NULL, '\x', 2, 1733054400436966, 1733054400436966, 1, '\xf823d58010ce92616643fe71468200c816985222e2d06c8868bd7ff4bb87212a');
INSERT INTO strongroom.secrets VALUES ('\x01938217877179fcaaab97d0721b5792', '\xd29c1fda123e42b8afaae3c30c728bf2', 'all', 1733054401034463, 1, NULL, '\x', 7, 1733054400370486, 1733054400571612, 1, '\xc4c38e8dc71927bd95765738bc0b81d83005195cdd22af45406f0674ef638d3e');
INSERT INTO strongroom.secrets VALUES ('\x019382178795768d8f26433be013e043', '\xd8954d03e5344f4082a541b0e3246291', 'borg', 1733054401034463, 1, NULL, '\x', 4, 1733054400406016, 1733054400572856, 1, '\xc5a6fa5d808a2448eb5b9e65b49abd11abff19d56d4e020aca2cb565601ca97d');


--
-- Data for Name: store; Type: TABLE DATA; Schema: strongroom; Owner: -
--

INSERT INTO strongroom.store VALUES ('\x7d0954e2b7c74b54ba429c59e7aa61cc', 1733054401034463, 1733054401034463, NULL, NULL, 1, '\x0538e7f19a080715a428a4f8715bd7d2aa738ef62102d4f5ec49df0dcd15e147');


--
-- Data for Name: versions; Type: TABLE DATA; Schema: strongroom; Owner: -
--

INSERT INTO strongroom.versions VALUES ('\x0193821787697212888708ce5c801271', '\x01938217876973338667e70b232fa791', 1, 1733054401034463, 2, '\x317537cc8cf49c1b9dca2d7ea7caeb5d2ffefbf1c325872dc12a7b6d863ede95', NULL, 1, 13, 1733054400364024, NULL, NULL, NULL, NULL, NULL, 1, '\xf0a8f898beb42d366364a1b05932f65642c8b62169200c8821c7b1304360513d');
INSERT INTO strongroom.versions VALUES ('\x01938217878a76c7b5ae5f1d5e34f580', '\x01938217877179fcaaab97d0721b5792', 5, 1733054401034463, 2, '\xa1d09448fbe694a336d18fce31e0915c3078322c59be5aa272d73d835d01fe2e', NULL, 1, 6, 1733054400397237, NULL, NULL, NULL, NULL, NULL, 1, '\x2b5261f22357d2d7164eb1859903a66ffb65764f3c2b32b34713e5c9d400e362');
INSERT INTO strongroom.versions VALUES ('\x01938217878e7622ae364198aedb64cb', '\x01938217877179fcaaab97d0721b5792', 6, 1733054401034463, 1, '\xafc4b24f3135364c775fe96375806de70293e7145e8c6a05a7bf3cdf8e5bf210', NULL, 1, 10, 1733054400399653, 32503593600000000, 32503680000000000, NULL, NULL, NULL, 1, '\x1c9bc291acbbf0c528c07969ddfd6296b1145c47a0667c14b25b14dd1b3112dc');
INSERT INTO strongroom.versions VALUES ('\x0193821787917525bdb79c774afe5e1e', '\x0193821787917943a33ddaaf2c96fc34', 1, 1733054401034463, 2, '\x027cf9afdb707f164db3030258e589634743d1ed201a53eafee8763893221eda', NULL, 1, 7, 1733054400402018, NULL, 1735689600000000, NULL, NULL, NULL, 1, '\xb11bd73fb762e402f91f2955a99d8321cccd65f259f88b7bc796f52c40ba7156');
INSERT INTO strongroom.versions VALUES ('\x01938217879d7c9d952e947fb2128ee1', '\x019382178795768d8f26433be013e043', 2, 1733054401034463, 2, '\x0559ec4cf05e0c34b580a421f65e49e40aa9049f858d925e2aa369bdf83daa88', NULL, 1, 6, 1733054400414649, NULL, NULL, NULL, NULL, NULL, 1, '\x84e8ea8f1b5035fa0627f4b2fdf6f8f079ac228698ba9f08983b64b17e2eaec0');
INSERT INTO strongroom.versions VALUES ('\x0193821787ab75e99d0e34653149ab6d', '\x019382178795768d8f26433be013e043', 3, 1733054401034463, 2, '\xb8815a4fc34395c0333b3d919a1b8af240cfde3810ba6e7212393715f22d5957', NULL, 1, 5, 1733054400428995, NULL, NULL, NULL, NULL, NULL, 1, '\xd8c4bb2b434e1549f3287749b0555f59a6b7b477e64dcc008f8019d6b3a5d3fd');
INSERT INTO strongroom.versions VALUES ('\x0193821787ae73eea9ff404abd3b30f1', '\x0193821787ae707983c3bc6ed7f0e68e', 1, 1733054401034463, 2, '\xfc813e1c8e94977ed4499fe2367dd8ca260b6d2fca012902aafa588a984cbe63', NULL, 1, 32, 1733054400431428, NULL, NULL, NULL, NULL, NULL, 1, '\x9140f440ca1c1b721bab47a1c5d01bd8283ccd1f504d8e450efa7b71b0a72043');
INSERT INTO strongroom.versions VALUES ('\x0193821787b077259ae5d70e64c78e73', '\x0193821787b07a558e750daf7430a46c', 1, 1733054401034463, 2, '\xaa3e020e057c5ca31ce6767a4f354ca8a5bca50642815cda6477d48a47e2fded', NULL, 1, 9000, 1733054400436966, NULL, NULL, NULL, NULL, NULL, 1, '\x42fe897d12c8876db55774e07a672f79b1cdf8a276dab173d639910a70f93f37');
INSERT INTO strongroom.versions VALUES ('\x0193821787717ed3ae0cf2b513008d47', '\x01938217877179fcaaab97d0721b5792', 1, 1733054401034463, 5, NULL, NULL, 1, 15, 1733054400370486, NULL, NULL, 1733054400438701, NULL, 1733054400444982, 1, '\x45ac45db93b1ffee83d9702c5bf865deb9515a1159189cc891bae0046b3b2f24');
INSERT INTO strongroom.versions VALUES ('\x0193821787737ee2ac07d22808a2e4e2', '\x01938217877179fcaaab97d0721b5792', 2, 1733054401034463, 6, NULL, NULL, 1, 15, 1733054400373481, NULL, NULL, NULL, 1733054400565442, 1733054400566868, 1, '\x7cf5755786b65d42fedac787654918158be971c6d2e1075b39946f5198c92a5f');
INSERT INTO strongroom.versions VALUES ('\x0193821787777e2ea86e565f3bf2df5a', '\x01938217877179fcaaab97d0721b5792', 3, 1733054401034463, 4, '\x06dc8be718770a4c5d08712aa9c772e0e282bbc5620f242f2633733e29a7860f', NULL, 1, 11, 1733054400375978, NULL, NULL, NULL, 1733054400570305, NULL, 1, '\x578f30c4b41c8745a66eb3adc00d84befd7ef094d3119f302420aeca3becb661');
INSERT INTO strongroom.versions VALUES ('\x0193821787817b03a5c9f3ba05c1aee8', '\x01938217877179fcaaab97d0721b5792', 4, 1733054401034463, 3, '\x89dca05b2d48e930346d97de23c26a8ad43bc17f16af717728ae1405985f3476', NULL, 1, 11, 1733054400386176, NULL, NULL, 1733054400571612, NULL, NULL, 1, '\x76af71d5504775ef8c18192306e8185716820212c43fd21a8b16ece9f15bcece');
INSERT INTO strongroom.versions VALUES ('\x019382178795753b8a58436f56ccaa86', '\x019382178795768d8f26433be013e043', 1, 1733054401034463, 3, '\x6906e8a2a68132c67d39ce13fe06cc3dde64fe8d9b3a9d08db4fab8a234b04c6', NULL, 1, 5, 1733054400406016, NULL, NULL, 1733054400572856, NULL, NULL, 1, '\x8b2d75fa94cfc0ea593ef7a0894d3b612e04f5534209e34ce49e4f2b2dddf64e');


--
-- Name: claims claims_pkey; Type: CONSTRAINT; Schema: strongroom; Owner: -
--

ALTER TABLE ONLY strongroom.claims
    ADD CONSTRAINT claims_pkey PRIMARY KEY (reference);


--
-- Name: commits commits_pkey; Type: CONSTRAINT; Schema: strongroom; Owner: -
--

ALTER TABLE ONLY strongroom.commits
    ADD CONSTRAINT commits_pkey PRIMARY KEY (session);


--
-- Name: encryptions encryptions_pkey; Type: CONSTRAINT; Schema: strongroom; Owner: -
--

ALTER TABLE ONLY strongroom.encryptions
    ADD CONSTRAINT encryptions_pkey PRIMARY KEY (project_id, generation);


--
-- Name: erasures erasures_pkey; Type: CONSTRAINT; Schema: strongroom; Owner: -
--

ALTER TABLE ONLY strongroom.erasures
    ADD CONSTRAINT erasures_pkey PRIMARY KEY (version_id);


--
-- Name: keys keys_pkey; Type: CONSTRAINT; Schema: strongroom; Owner: -
--

ALTER TABLE ONLY strongroom.keys
    ADD CONSTRAINT keys_pkey PRIMARY KEY (project_id, generation);


--
-- Name: projects projects_pkey; Type: CONSTRAINT; Schema: strongroom; Owner: -
--

ALTER TABLE ONLY strongroom.projects
    ADD CONSTRAINT projects_pkey PRIMARY KEY (project_id);


--
-- Name: root_keys root_keys_pkey; Type: CONSTRAINT; Schema: strongroom; Owner: -
--

ALTER TABLE ONLY strongroom.root_keys
    ADD CONSTRAINT root_keys_pkey PRIMARY KEY (backend, root_key_id);


--
-- Name: schema_migrations schema_migrations_pkey; Type: CONSTRAINT; Schema: strongroom; Owner: -
--

ALTER TABLE ONLY strongroom.schema_migrations
    ADD CONSTRAINT schema_migrations_pkey PRIMARY KEY (number);


--
-- Name: secrets secrets_pkey; Type: CONSTRAINT; Schema: strongroom; Owner: -
--

ALTER TABLE ONLY strongroom.secrets
    ADD CONSTRAINT secrets_pkey PRIMARY KEY (project_id, name);


--
-- Name: store store_pkey; Type: CONSTRAINT; Schema: strongroom; Owner: -
--

ALTER TABLE ONLY strongroom.store
    ADD CONSTRAINT store_pkey PRIMARY KEY (store_id);


--
-- Name: versions versions_pkey; Type: CONSTRAINT; Schema: strongroom; Owner: -
--

ALTER TABLE ONLY strongroom.versions
    ADD CONSTRAINT versions_pkey PRIMARY KEY (secret_id, number);


--
-- Name: erasures_pending; Type: INDEX; Schema: strongroom; Owner: -
--

CREATE INDEX erasures_pending ON strongroom.erasures USING btree (project_id, secret_id) WHERE (done_at IS NULL);


--
-- Name: keys_by_root; Type: INDEX; Schema: strongroom; Owner: -
--

CREATE INDEX keys_by_root ON strongroom.keys USING btree (backend, root_key_id);


--
-- Name: projects_erasing; Type: INDEX; Schema: strongroom; Owner: -
--

CREATE INDEX projects_erasing ON strongroom.projects USING btree (project_id) WHERE (state = 2);


--
-- Name: projects_live; Type: INDEX; Schema: strongroom; Owner: -
--

CREATE UNIQUE INDEX projects_live ON strongroom.projects USING btree (name) WHERE (state = 1);


--
-- Name: versions_expiring; Type: INDEX; Schema: strongroom; Owner: -
--

CREATE INDEX versions_expiring ON strongroom.versions USING btree (expires_at) WHERE (expires_at IS NOT NULL);


--
-- PostgreSQL database dump complete
--


