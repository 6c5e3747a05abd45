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

INSERT INTO strongroom.claims VALUES ('\xc043a3274195d0c4ed3361be3b2abd1153a3157a384d10b7dfecb9189a22b63c', 1);
INSERT INTO strongroom.claims VALUES ('\xb5d2679b150082b57bbf16a4e12d9c96e6b32f907c7eb26c1de17452a3b3b585', 1);
INSERT INTO strongroom.claims VALUES ('\x61e177385ac3e8921d44adea5cc560aff92ef5c45088ed0706a3f12c4fd8513b', 1);
INSERT INTO strongroom.claims VALUES ('\xc403648501a458bf53286755fd2d318cd522dbb4f555965aa58009695cce1ec9', 1);
INSERT INTO strongroom.claims VALUES ('\x292e863fc251103b2322bd153795420e25e4e07e0700a4dcfe9c0b9b09f92213', 1);
INSERT INTO strongroom.claims VALUES ('\xd60566ea37ca0129991ccecee3fe36fd5f18d4705dc6a8fdbf206ea85902f7a6', 1);
INSERT INTO strongroom.claims VALUES ('\x47a17042f54584f76a1fb3ac9fc04b4bca329ea6bca4fd5837fbfca8320c256a', 1);
INSERT INTO strongroom.claims VALUES ('\x363bd0da0b5c21b217f0c29292108436d24a043fdb9ea9162b4a73c9b2a7cb97', 1);
INSERT INTO strongroom.claims VALUES ('\xae9b64cc978d41121c5c2e47baf883e0fd34506e1c0208b7bb352b3d13997eb9', 1);
INSERT INTO strongroom.claims VALUES ('\x26ef0612641ee0e904be862aec303fff3d9ac59483fd777c2f677585943b317b', 1);
INSERT INTO strongroom.claims VALUES ('\x9a6fa8a06d3383b7251515ae942f715c02fb36aa0b963cc16cf3b8a3564bb63b', 1);


--
-- Data for Name: clock; Type: TABLE DATA; Schema: strongroom; Owner: -
--

INSERT INTO strongroom.clock VALUES (1733054401208831, 1, '\xc573dcf5eafbd561e5e096d12679f71c991460b2ec193fbd3eec8e7dfd192e77');


--
-- Data for Name: commits; Type: TABLE DATA; Schema: strongroom; Owner: -
--

INSERT INTO strongroom.commits VALUES ('\x5fd9f6c155a0cb331675960ac812409b', 2, 0, 1733054400369590);
INSERT INTO strongroom.commits VALUES ('\x87fccbaa100e4a7a8fe4c5c244910bd8', 4, 0, 1733054400532861);
INSERT INTO strongroom.commits VALUES ('\xb420bd459b00cc690af25fbe93cada4e', 31, 0, 1733054400535185);


--
-- Data for Name: erasures; Type: TABLE DATA; Schema: strongroom; Owner: -
--

INSERT INTO strongroom.erasures VALUES ('\x0193821787cd7c949d4428f6f0db3f45', '\xf57c4b8546d44456bcca8d45788920bb', '\x0193821787cd76eb9506542ec7f32229', 'main', NULL, NULL, '\x6c38a281598a09b118f060f3b1c9d16772cdd2cdcdabdaddbf638273726c2d4d', 1733054400489251, 1733054400508103, 1, '\x2166a99e43a8d563bf514b661b7ffa6e6ac193793ca7125a7426cd7342cd531c');
INSERT INTO strongroom.erasures VALUES ('\x0193821787cf79759630a26a4a243b87', '\xf57c4b8546d44456bcca8d45788920bb', '\x0193821787cd76eb9506542ec7f32229', 'main', NULL, NULL, '\x6c38a281598a09b118f060f3b1c9d16772cdd2cdcdabdaddbf638273726c2d4d', 1733054400511332, 1733054400516315, 1, '\x9446c911da9c76014d66a5e1f327359ce881839dd0758a35c80ee7afc5862ecc');
INSERT INTO strongroom.erasures VALUES ('\x0193821788087b6fb56f38b8179e35ba', '\xfcf6f2060b9f4bf389ccd35d565ce519', '\x0193821788087c0d838fd12fde543b0b', 'main', NULL, NULL, '\x1f181aca38cb6f40e78a8a4220a082db9e8694f311c100dbf399898c67897b5f', 1733054400522276, 1733054400525062, 1, '\x32e3e7f7183a09582691874392d2176690e520445a8fdc90406196f6b3668d4b');
INSERT INTO strongroom.erasures VALUES ('\x01938217880f7dc7ba4963eb975b75c8', '\x778da5f342014073976734fdab7b3273', '\x01938217880f730aa43dad59c3627708', 'main', NULL, NULL, '\x75a1603521ba7a255e90b3b3756a94deeb8649af58b858a1516c247da77de0ff', 1733054400530393, 1733054400532861, 1, '\x798c66b18d0ae6ddeb4c31543ba77def629af68641864232a10893acc09f4255');


--
-- Data for Name: keys; Type: TABLE DATA; Schema: strongroom; Owner: -
--

INSERT INTO strongroom.keys VALUES ('\x545cc48b32544a6388311182741bed28', '\x00000000000000000000000000000000', 1, 1, 'main', 'root-1', '\x53525731010100004a077f48d074e84ed920e7d437f1a83598b90c22b27efc854dff289fd20290fb5992a2c7388f33ddfa0dcac2ca55b43cf068d1ed3404c27a8db8bbc0139cec306996f034aadd451314d58a8097ab98c8fa28f734c7f646070b211ab0f3263534591a2119d55a79fcef38ffdd04c9c4d9', 1733054401208831, 1, '\x45b22dc5040cebc34aca49c4e327a9a4f9cac3e83477a3365fa13939eed0dc0d');
INSERT INTO strongroom.keys VALUES ('\x2855e0081e454c7589a46728db920cff', '\x7ffe4e81137c447da689726fc8451b50', 1, 1, 'main', 'root-1', '\x5352573101010000323453bed84863e8592fcf8c6386c5ccc87b0fac0a1ae89cfede7ecde4462d3828a794aa034879c73147ed182d898c32180f8d9742eb9b8313759354a6adcc23cbd24ca1e8003814948af3069d232463eaf814448e196d36e204c37e47862377d655fe19625d477827c0b42256d7da33', 1733054400453827, 1, '\xe51a6ec03dc14c5bc1751ec4ce992b5e17861609ea226e23b49e934bed671173');
INSERT INTO strongroom.keys VALUES ('\x1c0ebce3e0d944ca934584775225d548', '\xf57c4b8546d44456bcca8d45788920bb', 1, 1, 'main', 'root-1', '\x5352573101010000b225714bd4f29410155474b097100c9f1cb96f1646bf2aa2cb08e138e189b94d02d3df5981061fa20e3a49ed90aff04ada0cec2db694e109bb964a9ab655e2d006ca9bee8bdf074e33a0237fef9059019e4a292fa2483e6cca831f2bbd8e1abf47ff74f2afc18d8afa03eb3f747f6de4', 1733054400461007, 1, '\x081249fd27b9ad606dc8fb94f8d5f6dbebe5d9146b1d0f3fd3bcda5d6ceb375d');
INSERT INTO strongroom.keys VALUES ('\x3de2fce0646c4bdf82744361cf23d63b', '\xfcf6f2060b9f4bf389ccd35d565ce519', 1, 1, 'main', 'root-1', '\x5352573101010000ef426feeec80d4627c19c41c805c27482d3dc86f520d6259e680d6924ef68c721f9af430d2dff40f1ba39568f8caf62b12f9f58d19f9e6c51b678317d98d33170fd0c97202eb401aa353a9d634fadfd62daf223bf650f69b04f37cc613116c54bdc8727772c1f6eb90da3ca04b940b01', 1733054400476002, 1, '\x01b48c264f48dc5ca7acfd58fd03bbe0e1d79d2c0b9f0e0689bcfd81f822b593');
INSERT INTO strongroom.keys VALUES ('\xc311157fde8f4b7581c4e2ea1d20490e', '\x778da5f342014073976734fdab7b3273', 1, 3, 'main', 'root-1', '\x', 1733054400526317, 1, '\xc0b9cf33b704284edd1a041ea65a3ad038494ecad54c1556a8675fb6a8ddaf82');
INSERT INTO strongroom.keys VALUES ('\xe9f0e6cdd5ba4dd7ba55672f6839485a', '\x13854e040ede459ab2ddf5c49002acf3', 1, 1, 'main', 'root-1', '\x5352573101010000302d40b51549a24cf77fc702487f1c9497e9650e37eb0d5d9f559005b7844cf03746d8986eeb1cf3c82401365a6e809b4fddbb3175643bac56e0afca7e4818d710024b49acf85818f12a9797d3791970fb33b6ad396f20cdce62557f7c254806ccb22d6379e5d60bc3b7e45455455ba4', 1733054400535185, 1, '\xca5172b812cac452f01ca40c4ac3491dec8a50c62db93b5710486fdba41efdcc');


--
-- Data for Name: projects; Type: TABLE DATA; Schema: strongroom; Owner: -
--

INSERT INTO strongroom.projects VALUES ('\x7ffe4e81137c447da689726fc8451b50', 'default', 1, 'main', 1733054401208831, 1, 1733054400453827, 1, '\x09292b2887077e13179deb9bb9931548fa3e5aac31d36fdb72f8521d0992a238');
INSERT INTO strongroom.projects VALUES ('\xf57c4b8546d44456bcca8d45788920bb', 'states', 1, 'main', 1733054401208831, 1, 1733054400461007, 1, '\x908bdce574f2cc1d8b2a6946d1e66bd33c6bb6fa93bb292c7d230c83b26a56c1');
INSERT INTO strongroom.projects VALUES ('\xfcf6f2060b9f4bf389ccd35d565ce519', 'web1', 1, 'main', 1733054401208831, 1, 1733054400476002, 1, '\xf6896ccc770032755dc992a68a305fa7c931a7e1201a61dc9c9e04406f1b56cb');
INSERT INTO strongroom.projects VALUES ('\x778da5f342014073976734fdab7b3273', '', 3, 'main', 1733054401208831, 1, 1733054400526317, 1, '\x0cdf74712f94ff940dc8101a685611d08b6c19281d1ec0a2ebe90528b08906a2');
INSERT INTO strongroom.projects VALUES ('\x13854e040ede459ab2ddf5c49002acf3', 'empty', 1, 'main', 1733054401208831, 1, 1733054400535185, 1, '\x9e6c1e697e0acc9d35b57cd92fe553475ae17903e7aa21b5ff0193b75a404204');


--
-- Data for Name: root_keys; Type: TABLE DATA; Schema: strongroom; Owner: -
--

INSERT INTO strongroom.root_keys VALUES ('main', 'root-1', 1, '\x53525731010100003f05edfe9a1732ca881d9c4c819ba0f79409694932802cbf97145f4ebfbe3ae61c9e4a299b272cf10bfaa66c9c62a6b7dc24fc4bb394053bb5c34301a79a43b0bf82ffac5cd5cd0a03c10f3aa1322a25e1b8ee4686c96883aef05175be36eeeaf0972508eeb746cd527cf60a7bf13b66', 1733054401208831, 1, '\x74707dd20182e102a8447ab2166bd3c64759eedc145a86ae2e2e29a183f57122');


--
-- Data for Name: schema_migrations; Type: TABLE DATA; Schema: strongroom; Owner: -
--

INSERT INTO strongroom.schema_migrations VALUES (1, 'first', '\x59e4f35ab945f6c5e48b1597a0cc5030ec703f021bd3cdd8bf5d02ddf710e544', 1733054400348811);


--
-- Data for Name: secrets; Type: TABLE DATA; Schema: strongroom; Owner: -
--

INSERT INTO strongroom.secrets VALUES ('\x0193821787c8789dab9b86213b8ff292', '\x7ffe4e81137c447da689726fc8451b50', 'laptop', 1733054401208831, 1, NULL, '\x', 2, 1733054400458205, 1733054400458205, 1, '\xe402255032189565d065c8a2c72d3aabf6ef069bd5fa8964f63738619f9b6831');
INSERT INTO strongroom.secrets VALUES ('\x0193821787d97a35a1896e07bbba89b6', '\xf57c4b8546d44456bcca8d45788920bb', 'expired', 1733054401208831, 1, NULL, '\x', 2, 1733054400474409, 1733054400474409, 1, '\xd9756f2cb53c9c52d0369714b37a552c5ead33aa20603cea7ae4e40a84a52c5f');
INSERT INTO strongroom.secrets VALUES ('\x0193821787e27505b462353c2855eb87', '\xfcf6f2060b9f4bf389ccd35d565ce519', 'keys/master', 1733054401208831, 2, 'application/octet-stream', '\x0300000004686f7374030000000477656231030000000cc39c6265727363687269667403000000086772c3b6c39f6572', 2, 1733054400483185, 1733054400483185, 1, '\xfd9309f4c2cf3b7673a01b7c29adb2ed06026ff3f2c4c2586597d13c9bd4ba94');
INSERT INTO strongroom.secrets VALUES ('\x0193821787e47a98b7c055a6d9dcb4c0', '\xfcf6f2060b9f4bf389ccd35d565ce519', 'large', 1733054401208831, 1, NULL, '\x', 2, 1733054400486365, 1733054400486365, 1, '\x23fdddf12cf81dd191757572d96fdaf30ebfe57a28fc686bd3cda03f1645f901');
INSERT INTO strongroom.secrets VALUES ('\x0193821787cd76eb9506542ec7f32229', '\xf57c4b8546d44456bcca8d45788920bb', 'all', 1733054401208831, 1, NULL, '\x', 7, 1733054400462801, 1733054400518270, 1, '\x5aed7a1937e2836fcf3d12fdd8ed64157bde74e41e320dd31f6e05ee06d45de7');
INSERT INTO strongroom.secrets VALUES ('\x0193821787dc74678a9c151d60b8e2ba', '\xfcf6f2060b9f4bf389ccd35d565ce519', 'borg', 1733054401208831, 1, NULL, '\x', 4, 1733054400477676, 1733054400519307, 1, '\x89d5b4d5084fc2a25c8d3e34fe8ac93f653de7e64ef9affe898c0bc621809396');


--
-- Data for Name: store; Type: TABLE DATA; Schema: strongroom; Owner: -
--

INSERT INTO strongroom.store VALUES ('\x7ae0eb3fb209497abea2d6df088cee7e', 1733054401208831, 1733054401208831, NULL, NULL, 1, '\xf48b7d7301a4f88c5eb564b0dac32d31b53cf2eaed3f0ea7f75c7ec428a9c7d5');


--
-- Data for Name: versions; Type: TABLE DATA; Schema: strongroom; Owner: -
--

INSERT INTO strongroom.versions VALUES ('\x0193821787c87e248c52e0a386945711', '\x0193821787c8789dab9b86213b8ff292', 1, 1733054401208831, 2, '\xc043a3274195d0c4ed3361be3b2abd1153a3157a384d10b7dfecb9189a22b63c', NULL, 1, 13, 1733054400458205, NULL, NULL, NULL, NULL, NULL, 1, '\xd60dc4ae8aedbdb684b9b98af6bda8c1581aafdd46427c974d697ace1890ce64');
INSERT INTO strongroom.versions VALUES ('\x0193821787d578cd948b777323ecd901', '\x0193821787cd76eb9506542ec7f32229', 5, 1733054401208831, 2, '\xc403648501a458bf53286755fd2d318cd522dbb4f555965aa58009695cce1ec9', NULL, 1, 6, 1733054400470562, NULL, NULL, NULL, NULL, NULL, 1, '\xd03bbb8c81e0d401112f53241ee7030e8d06bc6c483a64a3796c23bc78d859f8');
INSERT INTO strongroom.versions VALUES ('\x0193821787d773afb7d2edc26a2cccbd', '\x0193821787cd76eb9506542ec7f32229', 6, 1733054401208831, 1, '\x292e863fc251103b2322bd153795420e25e4e07e0700a4dcfe9c0b9b09f92213', NULL, 1, 10, 1733054400472455, 32503593600000000, 32503680000000000, NULL, NULL, NULL, 1, '\xaee334e3f9bf5745dc21fe487324b05192f7269a03f2f6a80a1ecc472bcaf137');
INSERT INTO strongroom.versions VALUES ('\x0193821787d971e1b7b8537335c150a2', '\x0193821787d97a35a1896e07bbba89b6', 1, 1733054401208831, 2, '\xd60566ea37ca0129991ccecee3fe36fd5f18d4705dc6a8fdbf206ea85902f7a6', NULL, 1, 7, 1733054400474409, NULL, 1735689600000000, NULL, NULL, NULL, 1, '\x3c4ba648ac05658309b626b68beb378e514b8f5339bb562a0c6c5c50bc4d3be5');
INSERT INTO strongroom.versions VALUES ('\x0193821787de7601adfdcd2611ec4cf3', '\x0193821787dc74678a9c151d60b8e2ba', 2, 1733054401208831, 2, '\x363bd0da0b5c21b217f0c29292108436d24a043fdb9ea9162b4a73c9b2a7cb97', NULL, 1, 6, 1733054400479459, NULL, NULL, NULL, NULL, NULL, 1, '\xfe2f8250d2b0de0459b1c18ab3e04702c315fead4cb64f0a9136963799dc6938');
INSERT INTO strongroom.versions VALUES ('\x0193821787e07d6e9ae9bb4e5bbcc6f1', '\x0193821787dc74678a9c151d60b8e2ba', 3, 1733054401208831, 2, '\xae9b64cc978d41121c5c2e47baf883e0fd34506e1c0208b7bb352b3d13997eb9', NULL, 1, 5, 1733054400481323, NULL, NULL, NULL, NULL, NULL, 1, '\xabd1b8c7d557f660e2034ac3b3a2313bbc6fa79a0c885f3ee357f5674c750db4');
INSERT INTO strongroom.versions VALUES ('\x0193821787e27688a9c6402dc59830c0', '\x0193821787e27505b462353c2855eb87', 1, 1733054401208831, 2, '\x26ef0612641ee0e904be862aec303fff3d9ac59483fd777c2f677585943b317b', NULL, 1, 32, 1733054400483185, NULL, NULL, NULL, NULL, NULL, 1, '\xff0b2db21063abc61af4f0faa3dc67ce17e9d5fe82d48081137da12eb288aa46');
INSERT INTO strongroom.versions VALUES ('\x0193821787e47495b789ad6f77b9759b', '\x0193821787e47a98b7c055a6d9dcb4c0', 1, 1733054401208831, 2, '\x9a6fa8a06d3383b7251515ae942f715c02fb36aa0b963cc16cf3b8a3564bb63b', NULL, 1, 9000, 1733054400486365, NULL, NULL, NULL, NULL, NULL, 1, '\x5c001473cc226bba39766db9e24c4a73353dd620b86e4ce194cc2cfdd2dfbac9');
INSERT INTO strongroom.versions VALUES ('\x0193821787cd7c949d4428f6f0db3f45', '\x0193821787cd76eb9506542ec7f32229', 1, 1733054401208831, 5, NULL, NULL, 1, 15, 1733054400462801, NULL, NULL, 1733054400487631, NULL, 1733054400489251, 1, '\xc9f4f8513bf3a8c29d6603e479ee230cde05d03c8fc4756efea7adf8edd10156');
INSERT INTO strongroom.versions VALUES ('\x0193821787cf79759630a26a4a243b87', '\x0193821787cd76eb9506542ec7f32229', 2, 1733054401208831, 6, NULL, NULL, 1, 15, 1733054400464697, NULL, NULL, NULL, 1733054400510196, 1733054400511332, 1, '\xb4f4ffa6bc1bd8d43f1d88a84c3905e99c25c9e1281a668e266a530af951d1ec');
INSERT INTO strongroom.versions VALUES ('\x0193821787d27e289797766009776b9b', '\x0193821787cd76eb9506542ec7f32229', 3, 1733054401208831, 4, '\xb5d2679b150082b57bbf16a4e12d9c96e6b32f907c7eb26c1de17452a3b3b585', NULL, 1, 11, 1733054400466804, NULL, NULL, NULL, 1733054400517196, NULL, 1, '\x7fc1c48755fadc19483a1fda9771edf41a6c7b02d33b94ae836a2deadc05e189');
INSERT INTO strongroom.versions VALUES ('\x0193821787d37bcbbc8e263f5dcd10d4', '\x0193821787cd76eb9506542ec7f32229', 4, 1733054401208831, 3, '\x61e177385ac3e8921d44adea5cc560aff92ef5c45088ed0706a3f12c4fd8513b', NULL, 1, 11, 1733054400468718, NULL, NULL, 1733054400518270, NULL, NULL, 1, '\x2946218877588f8cd152af51ec20fafdb1c9960f3569b19a4e428e0b9137f1d6');
INSERT INTO strongroom.versions VALUES ('\x0193821787dc75c18d953df02690493d', '\x0193821787dc74678a9c151d60b8e2ba', 1, 1733054401208831, 3, '\x47a17042f54584f76a1fb3ac9fc04b4bca329ea6bca4fd5837fbfca8320c256a', NULL, 1, 5, 1733054400477676, NULL, NULL, 1733054400519307, NULL, NULL, 1, '\xe01aade6cfa7d96d2e7ab6c66ac8808ab04740802f9e100fa36b57fd4467d7ac');


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


