"""What the made-up org calls things: countries, accounts, owners, products and picklist values."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Country:
    """A country that the org sells to; every form with every stem names an account, up to `accounts`."""

    name: str
    region: str
    states: tuple[str, ...]
    accounts: int
    stems: tuple[str, ...]
    forms: tuple[str, ...]


COUNTRIES = (
    Country(
        name="United States",
        region="AMER",
        states=("California", "Texas", "New York", "Illinois", "Ohio", "Washington", "Georgia", "Colorado"),
        accounts=52,
        stems=(
            "Alder Creek",
            "Bluestem",
            "Cobalt Ridge",
            "Dunmore",
            "Fairweather",
            "Granite Bay",
            "Hollis",
            "Juniper",
            "Kestrel",
            "Larkspur",
            "Mesa Verde",
            "Northfork",
            "Pinewood",
        ),
        forms=("{} Manufacturing, Inc.", "{} Health", "{} & Sons, LLC", "{} Freight Corp."),
    ),
    Country(
        name="Germany",
        region="EMEA",
        states=("Bayern", "Baden-Württemberg", "Nordrhein-Westfalen", "Hamburg"),
        accounts=24,
        stems=("Grünwald", "Kästner", "Möhring", "Oberländer", "Strauß", "Tiefenbach", "Vöhler", "Wiesental"),
        forms=("{} Maschinenbau GmbH", "{} & Söhne GmbH & Co. KG", "{} Energie AG"),
    ),
    Country(
        name="United Kingdom",
        region="EMEA",
        states=("England", "Scotland", "Wales"),
        accounts=18,
        stems=("Ashgrove", "Brackenhurst", "Caldwell Moor", "Eastholme", "Glenloch", "Penrhys"),
        forms=("{} Foods Ltd", "{} Holdings plc", '"{}" Stores Ltd'),
    ),
    Country(
        name="France",
        region="EMEA",
        states=("Île-de-France", "Auvergne-Rhône-Alpes", "Occitanie", "Bretagne"),
        accounts=18,
        stems=("Beauséjour", "Châtelain", "Delacôte", "Février", "Guérin", "L'Hôpitault"),
        forms=("{} et Fils, S.A.", "Société {} SARL", "Énergies {}"),
    ),
    Country(
        name="Canada",
        region="AMER",
        states=("Ontario", "Québec", "British Columbia", "Alberta"),
        accounts=16,
        stems=(
            "Birchmount",
            "Chaudière",
            "Frontenac",
            "Lac-Bleu",
            "Maple Bend",
            "Red Fox",
            "Saint-Élie",
            "Thornhill",
        ),
        forms=("{} Resources Ltd.", "Groupe {} inc."),
    ),
    Country(
        name="Japan",
        region="APAC",
        states=("東京都", "大阪府", "北海道"),
        accounts=14,
        stems=("青葉", "三栄", "白樺", "日の丘", "星川", "みなと", "山吹"),
        forms=("{}工業株式会社", "{}電機株式会社"),
    ),
    Country(
        name="Brazil",
        region="AMER",
        states=("São Paulo", "Rio de Janeiro", "Paraná"),
        accounts=10,
        stems=("Araucária", "Boa Esperança", "Conceição", "Ipê Amarelo", "São Bento"),
        forms=("Indústrias {} Ltda.", 'Comércio "{}" S.A.'),
    ),
    Country(
        name="Denmark",
        region="EMEA",
        states=(),
        accounts=8,
        stems=("Bøgelund", "Nørregård", "Sønderskov", "Ærøborg"),
        forms=("{} A/S", "{} Mejeri\nc/o Havnens Kontor"),
    ),
)

INDUSTRIES = (
    "Manufacturing",
    "Energy",
    "Healthcare",
    "Retail",
    "Transportation",
    "Food & Beverage",
    "Agriculture",
    "Education",
    "Telecommunications",
    "Banking",
)
ACCOUNT_TYPES = ("Customer - Direct", "Prospect", "Channel Partner / Reseller", "Customer - Channel")
SEGMENTS = ("SMB", "Mid-Market", "Enterprise")
SOURCES = (
    "Web",
    "Outbound",
    "Trade Show",
    "Partner Referral",
    "Customer Referral",
    "Inbound Call",
    "Webinar",
)
TYPES = ("New Business", "Add-On Business", "Renewal", "Partner Resale")

TEAMS: dict[str, tuple[str, ...]] = {
    "AMER SMB": ("Abigail Thorne", "Marcus Delgado", "Priya Raman", "Tom O'Leary", 'Robert "Bo" Lindqvist'),
    "AMER Mid-Market": ("Camila Souza", "Derek Whitlock", "Hannah Osei", "Luc Bélanger", "Nina Petrov"),
    "AMER Enterprise": ("Carter Boone", "Ingrid Vance", "Samuel Adeyemi", "Yolanda Reyes", "Zoë Marchetti"),
    "EMEA SMB": ("Aoife Brennan", "Jürgen Pohl", "Maëlle Caradec", "Søren Holst", "Gwen Prosser"),
    "EMEA Mid-Market": ("Anneliese Voß", "Callum Rae", "Étienne Duval", "Freja Lund", "Katarzyna Łukasik"),
    "EMEA Enterprise": ("Benoît Lacroix", "Fiona Mackie", "Heike Jäger", "Rhys Llewellyn"),
    "APAC Sales": ("佐藤 美咲", "Kenji Morita", "Ng, Wei Ling", "高橋 健"),
    "Channel Sales": ("Dolores Quiñones", "Pascal Weber", "Tess Hargrove"),
}

PRODUCTS: dict[str, dict[str, int]] = {
    "Sensors": {
        "Vibration Probe": 4_000,
        "Thermal Array": 7_000,
        "Flow Meter": 5_000,
        "Acoustic Node": 9_000,
    },
    "Gateways": {"Edge Hub": 12_000, "Field Router": 8_000, "Relay Mast": 20_000, "Cell Bridge": 15_000},
    "Analytics": {
        "Drift Monitor": 30_000,
        "Forecast Studio": 45_000,
        "Quality Lens": 25_000,
        "Fleet Atlas": 60_000,
    },
    "Storage": {
        "Cold Vault": 18_000,
        "Time Series Store": 35_000,
        "Archive Box": 10_000,
        "Event Ledger": 28_000,
    },
    "Services": {
        "Onsite Audit": 6_000,
        "Rollout Team": 50_000,
        "Managed Watch": 40_000,
        "Calibration Visit": 3_000,
    },
    "Training": {
        "Operator Course": 2_500,
        "Admin Course": 3_500,
        "Train the Trainer": 11_000,
        "E-Learning": 1_500,
    },
}
"""Family → product → the median amount for the smallest segment."""


@dataclass(frozen=True)
class Stage:
    """A stage with what Salesforce derives from it."""

    name: str
    forecast: str
    is_closed: str
    is_won: str


OPEN_STAGES = (
    Stage("Prospecting", "Pipeline", "false", "false"),
    Stage("Qualification", "Pipeline", "false", "false"),
    Stage("Needs Analysis", "Pipeline", "false", "false"),
    Stage("Proposal/Price Quote", "Best Case", "false", "false"),
    Stage("Negotiation/Review", "Commit", "false", "false"),
)
WON = Stage("Closed Won", "Closed", "true", "true")
LOST = Stage("Closed Lost", "Omitted", "true", "false")
STAGES = (*OPEN_STAGES, WON, LOST)
