"""Headers of real exports: the query holds the whole address, or the file does not go by itself.

Each row is the header of an export that anybody can look up, and a record as it may stand in it. GOES: sent, and the text holds every
part. HELD: columns that look like parts of an address are not sent. REFUSED: nothing tells which columns are meant.
"""

from __future__ import annotations

import pytest

from batchdrop.errors import BadFile
from batchdrop.ports import Takes
from batchdrop.problems import Problem
from batchdrop.records.columns import map_columns
from batchdrop.records.mapping import QueryMaker

GOES, HELD, REFUSED = "goes", "held", "refused"

ROWS = [
    # Salesforce accounts
    ("Name;BillingStreet;BillingCity;BillingState;BillingPostalCode;BillingCountry",
     "ACME;12 Main St;Springfield;IL;62701;US",
     GOES, "12 Main St, Springfield, IL 62701, US"),
    # everyday
    ("Name;BillingStreet;BillingCity;BillingState;BillingPostalCode;BillingCountry;ShippingStreet;ShippingCity;ShippingState;ShippingPostalCode;ShippingCountry",
     "ACME;12 Main St;Springfield;IL;62701;US;9 Oak;Dover;DE;19901;US",
     REFUSED, "AMBIGUOUS_COLUMNS"),
    # Shopify orders
    ("Name;Email;Shipping Name;Shipping Street;Shipping Address1;Shipping Address2;Shipping Company;Shipping City;Shipping Zip;Shipping Province;Shipping Country;Shipping Phone",
     "#1001;a@b.c;Ann;12 Main St, Apt 4;12 Main St;Apt 4;;Springfield;62701;IL;US;555",
     GOES, "12 Main St, Apt 4, Springfield, IL 62701, US"),
    # Shopify customers
    ("First Name;Last Name;Email;Default Address Company;Default Address Address1;Default Address Address2;Default Address City;Default Address Province Code;Default Address Country Code;Default Address Zip;Default Address Phone",
     "A;B;c;d;12 Main St;;Springfield;IL;US;62701;5",
     GOES, "12 Main St, Springfield, IL 62701, US"),
    # WooCommerce
    ("billing_address_1;billing_address_2;billing_city;billing_state;billing_postcode;billing_country",
     "12 Main St;;Springfield;IL;62701;US",
     GOES, "12 Main St, Springfield, IL 62701, US"),
    # Stripe customers
    ("id;Card Address Line1;Card Address Line2;Card Address City;Card Address State;Card Address Country;Card Address Zip",
     "1;12 Main St;;Springfield;IL;US;62701",
     GOES, "12 Main St, Springfield, IL 62701, US"),
    # schema.org PostalAddress
    ("name;streetAddress;addressLocality;addressRegion;postalCode;addressCountry",
     "x;12 Main St;Springfield;IL;62701;US",
     GOES, "12 Main St, Springfield, IL 62701, US"),
    # HM Land Registry
    ("Transaction unique identifier;Price;Date of Transfer;Postcode;Property Type;PAON;SAON;Street;Locality;Town/City;District;County",
     "a;1;2020;N15 3AB;F;188;FLAT 19;PHILIP LANE;;LONDON;HARINGEY;GREATER LONDON",
     GOES, "188 PHILIP LANE, FLAT 19, LONDON, HARINGEY, GREATER LONDON, N15 3AB"),
    # North Carolina voters
    ("county_desc;voter_reg_num;last_name;res_street_address;res_city_desc;state_cd;zip_code",
     "WAKE;1;x;12 MAIN ST;RALEIGH;NC;27601",
     GOES, "12 MAIN ST, RALEIGH, WAKE, NC 27601"),
    # everyday
    ("county_desc;voter_reg_num;res_street_address;res_city_desc;state_cd;zip_code;mail_addr1;mail_addr2;mail_city;mail_state;mail_zipcode",
     "WAKE;1;12 MAIN ST;RALEIGH;NC;27601;PO BOX 4;;DURHAM;NC;27701",
     HELD, "12 MAIN ST, RALEIGH, WAKE, NC 27601"),
    # Ohio voters
    ("RESIDENTIAL_ADDRESS1;RESIDENTIAL_SECONDARY_ADDR;RESIDENTIAL_CITY;RESIDENTIAL_STATE;RESIDENTIAL_ZIP;RESIDENTIAL_ZIP_PLUS4",
     "12 MAIN ST;APT 4;DAYTON;OH;45401;1234",
     GOES, "12 MAIN ST, APT 4, DAYTON, OH 45401-1234"),
    # Florida voters
    ("Residence Address Line 1;Residence Address Line 2;Residence City (USPS);Residence State;Residence Zipcode",
     "12 MAIN ST;;MIAMI;FL;33101",
     GOES, "12 MAIN ST, MIAMI, FL 33101"),
    # Tarrant County voters
    ("streetnumber;streetbldg;streetpredir;streetname;streettype;streetpostdir;unit_type;unit;m.muni_desc;zip;zip4",
     "12;;N;MAIN;ST;;APT;4;FORT WORTH;76101;1234",
     GOES, "12 N MAIN ST, APT 4, FORT WORTH, 76101-1234"),
    # SAP KNA1
    ("KUNNR;NAME1;STRAS;PSTLZ;ORT01;REGIO;LAND1",
     "1;ACME;Hauptstr. 5;10115;Berlin;BE;DE",
     GOES, "Hauptstr. 5, Berlin, BE 10115, DE"),
    # SAP ADRC
    ("NAME1;STREET;HOUSE_NUM1;POST_CODE1;CITY1;REGION;COUNTRY",
     "ACME;Hauptstr.;5;10115;Berlin;BE;DE",
     GOES, "Hauptstr. 5, Berlin, BE 10115, DE"),
    # OpenStreetMap
    ("addr:housenumber;addr:street;addr:city;addr:postcode;addr:country",
     "5;Hauptstr.;Berlin;10115;DE",
     GOES, "5 Hauptstr., Berlin, 10115, DE"),
    # NCES schools
    ("LSTREET1;LSTREET2;LCITY;LSTATE;LZIP;LZIP4",
     "12 Main St;;Springfield;IL;62701;1234",
     GOES, "12 Main St, Springfield, IL 62701-1234"),
    # INSEE SIRENE
    ("siret;numeroVoieEtablissement;indiceRepetitionEtablissement;typeVoieEtablissement;libelleVoieEtablissement;codePostalEtablissement;libelleCommuneEtablissement;codeCommuneEtablissement",
     "1;12;B;RUE;DE LA PAIX;75002;PARIS 2;75102",
     GOES, "12B RUE DE LA PAIX, PARIS 2, 75002"),
    # Base Adresse Nationale
    ("id;numero;rep;nom_voie;code_postal;code_insee;nom_commune",
     "1;12;bis;Rue de la Paix;75002;75102;Paris",
     GOES, "12 bis Rue de la Paix, Paris, 75002"),
    # Spanish cadastre
    ("tipo_via;nombre_via;numero;piso;puerta;codigo_postal;municipio;provincia",
     "Calle;Mayor;5;2;B;28013;Madrid;Madrid",
     GOES, "Calle Mayor 5, Piso 2, Puerta B, Madrid, Madrid 28013"),
    # everyday
    ("indirizzo;civico;cap;comune;provincia",
     "Via Roma;5;20121;Milano;MI",
     GOES, "Via Roma 5, Milano, MI 20121"),
    # Brazilian CNPJ
    ("tipo_logradouro;logradouro;numero;complemento;bairro;cep;uf;municipio",
     "RUA;AUGUSTA;500;SALA 3;CONSOLACAO;01304000;SP;SAO PAULO",
     GOES, "RUA AUGUSTA 500, SALA 3, CONSOLACAO, SAO PAULO, SP 01304000"),
    # Dutch BAG
    ("openbareruimte;huisnummer;huisletter;huisnummertoevoeging;postcode;woonplaats;gemeente;provincie",
     "Salvia;22;A;2;3317JN;Dordrecht;Dordrecht;Zuid-Holland",
     GOES, "Salvia 22A 2, Dordrecht, Zuid-Holland 3317JN"),
    # everyday
    ("ulica;nr domu;nr lokalu;kod pocztowy;miejscowość;województwo;powiat;gmina",
     "Długa;5;7;00-238;Warszawa;mazowieckie;Warszawa;Warszawa",
     GOES, "Długa 5, lok. 7, Warszawa, mazowieckie 00-238"),
    # Danish addresses
    ("vejnavn;husnr;etage;dør;postnr;postnrnavn",
     "Nørregade;5;2;tv;1165;København K",
     GOES, "Nørregade 5, Etage 2, tv, København K, 1165"),
    # everyday
    ("gatuadress;postnummer;postort",
     "Storgatan 5;11122;Stockholm",
     GOES, "Storgatan 5, Stockholm, 11122"),
    # everyday
    ("adressenavn;nummer;bokstav;postnummer;poststed",
     "Storgata;5;B;0155;OSLO",
     GOES, "Storgata 5B, OSLO, 0155"),
    # everyday
    ("katuosoite;postinumero;postitoimipaikka",
     "Mannerheimintie 5;00100;Helsinki",
     GOES, "Mannerheimintie 5, Helsinki, 00100"),
    # everyday
    ("Název ulice;Číslo domovní;Číslo orientační;PSČ;Název obce",
     "Dlouhá;12;5;11000;Praha",
     GOES, "Dlouhá 5/12, Praha, 11000"),
    # everyday
    ("irányítószám;település;utca;házszám",
     "1051;Budapest;Váci utca;5",
     GOES, "Váci utca 5, Budapest, 1051"),
    # everyday
    ("Mahalle;Cadde/Sokak;Kapı No;İlçe;İl;Posta Kodu",
     "Kızılay Mah.;Atatürk Blv;5;Çankaya;Ankara;06420",
     GOES, "Atatürk Blv 5, Kızılay Mah., Çankaya, Ankara 06420"),
    # everyday
    ("Индекс;Регион;Город;Улица;Дом;Квартира",
     "101000;Москва;Москва;Тверская;5;7",
     GOES, "Тверская 5, 7, Москва, Москва 101000"),
    # everyday
    ("郵便番号;都道府県;市区町村;町名番地;建物名",
     "100-0001;東京都;千代田区;千代田1-1;ビル",
     GOES, "千代田1-1, ビル, 千代田区, 東京都 100-0001"),
    # everyday
    ("省;市;区;详细地址",
     "广东省;广州市;天河区;天河路5号",
     GOES, "天河路5号, 广州市, 天河区, 广东省"),
    # Google Contacts
    ("Name;Address 1 - Type;Address 1 - Formatted;Address 1 - Street;Address 1 - City;Address 1 - PO Box;Address 1 - Region;Address 1 - Postal Code;Address 1 - Country;Address 1 - Extended Address",
     "Ann;Home;12 Main St, Springfield, IL 62701, US;12 Main St;Springfield;;IL;62701;US;",
     GOES, "12 Main St, Springfield, IL 62701, US"),
    # Outlook contacts
    ("Business Street;Business City;Business State;Business Postal Code;Business Country/Region",
     "12 Main St;Springfield;IL;62701;US",
     GOES, "12 Main St, Springfield, IL 62701, US"),
    # everyday
    ("Business Street;Business City;Home Street;Home City",
     "12 Main St;Springfield;9 Oak;Dover",
     REFUSED, "AMBIGUOUS_COLUMNS"),
    # Chicago business licenses
    ("LICENSE ID;ADDRESS;CITY;STATE;ZIP CODE;WARD;PRECINCT",
     "1;12 N MAIN ST;CHICAGO;IL;60601;42;7",
     GOES, "12 N MAIN ST, CHICAGO, IL 60601"),
    # New York restaurant inspections
    ("CAMIS;DBA;BORO;BUILDING;STREET;ZIPCODE;PHONE",
     "1;X;Bronx;1007;MORRIS PARK AVE;10462;5",
     GOES, "1007 MORRIS PARK AVE, Bronx, 10462"),
    # New York 311
    ("Unique Key;Incident Zip;Incident Address;Street Name;Cross Street 1;Cross Street 2;City;Borough",
     "1;10462;1007 MORRIS PARK AVE;MORRIS PARK AVE;X ST;Y ST;BRONX;BRONX",
     HELD, "1007 MORRIS PARK AVE, BRONX, 10462"),
    # everyday
    ("Address;Address Number;Street Name;Street Type;City;Zip",
     "12 MAIN ST;12;MAIN;ST;SF;94101",
     GOES, "12 MAIN ST, SF, 94101"),
    # Texas appraisal rolls
    ("situs_num;situs_street_prefx;situs_street;situs_street_suffix;situs_unit;situs_city;situs_state;situs_zip",
     "12;N;MAIN;ST;4;AUSTIN;TX;78701",
     GOES, "12 N MAIN ST, Unit 4, AUSTIN, TX 78701"),
    # Companies House
    ("RegAddress.CareOf;RegAddress.POBox;RegAddress.AddressLine1;RegAddress.AddressLine2;RegAddress.PostTown;RegAddress.County;RegAddress.Country;RegAddress.PostCode",
     ";;12 HIGH STREET;;LEEDS;WEST YORKSHIRE;UNITED KINGDOM;LS1 1AA",
     GOES, "12 HIGH STREET, LEEDS, WEST YORKSHIRE, LS1 1AA, UNITED KINGDOM"),
    # Royal Mail PAF
    ("Organisation;Sub Building Name;Building Name;Building Number;Dependent Thoroughfare;Thoroughfare;Double Dependent Locality;Dependent Locality;Post Town;Postcode",
     "x;FLAT 2;ROSE HOUSE;12;;HIGH STREET;;HEADINGLEY;LEEDS;LS1 1AA",
     GOES, "12 HIGH STREET, ROSE HOUSE, FLAT 2, HEADINGLEY, LEEDS, LS1 1AA"),
    # Ordnance Survey AddressBase
    ("SAO_TEXT;PAO_START_NUMBER;PAO_TEXT;STREET_DESCRIPTION;LOCALITY;TOWN_NAME;POSTCODE_LOCATOR",
     ";12;;HIGH STREET;;LEEDS;LS1 1AA",
     GOES, "12 HIGH STREET, LEEDS, LS1 1AA"),
    # Airbnb listings
    ("name;street;neighbourhood;neighbourhood_cleansed;city;state;zipcode;smart_location;country_code;country",
     "x;Main St;Soho;Soho;NYC;NY;10001;NYC, NY;US;United States",
     GOES, "Main St, Soho, NYC, NY, 10001, United States"),
    # HubSpot
    ("Street Address;City;State/Region;Postal Code;Country/Region",
     "12 Main St;Springfield;IL;62701;US",
     GOES, "12 Main St, Springfield, IL 62701, US"),
    # Magento
    ("firstname;street;city;region;postcode;country_id",
     "A;12 Main St;Springfield;Illinois;62701;US",
     GOES, "12 Main St, Springfield, Illinois 62701, US"),
    # Amazon orders
    ("ship-address-1;ship-address-2;ship-city;ship-state;ship-postal-code;ship-country",
     "12 Main St;;Springfield;IL;62701;US",
     GOES, "12 Main St, Springfield, IL 62701, US"),
    # Etsy orders
    ("Sale Date;Full Name;Street 1;Street 2;Ship City;Ship State;Ship Zipcode;Ship Country",
     "d;Ann;12 Main St;;Springfield;IL;62701;US",
     GOES, "12 Main St, Springfield, IL 62701, US"),
    # eBay orders
    ("Buyer Address 1;Buyer City;Buyer State;Buyer Zip;Ship To Address 1;Ship To City;Ship To State;Ship To Zip",
     "a;b;c;1;12 Main St;Springfield;IL;62701",
     REFUSED, "AMBIGUOUS_COLUMNS"),
    # PayPal
    ("Address Line 1;Address Line 2/District/Neighborhood;Town/City;State/Province/Region/County/Territory/Prefecture/Republic;Zip/Postal Code;Country",
     "12 Main St;;Springfield;IL;62701;US",
     GOES, "12 Main St, Springfield, IL 62701, US"),
    # EPA facilities
    ("PRIMARY_NAME;LOCATION_ADDRESS;SUPPLEMENTAL_LOCATION;CITY_NAME;COUNTY_NAME;STATE_CODE;STATE_NAME;POSTAL_CODE",
     "x;12 MAIN ST;;SPRINGFIELD;SANGAMON;IL;ILLINOIS;62701",
     GOES, "12 MAIN ST, SPRINGFIELD, SANGAMON, ILLINOIS 62701"),
    # CMS hospitals
    ("Facility Name;Address;City/Town;State;ZIP Code;County/Parish;Telephone Number",
     "x;12 MAIN ST;SPRINGFIELD;IL;62701;SANGAMON;5",
     GOES, "12 MAIN ST, SPRINGFIELD, SANGAMON, IL 62701"),
    # everyday
    ("strasse;hausnummer;hausnummerzusatz;plz;ort;ortsteil",
     "Hauptstr.;5;a;10115;Berlin;Mitte",
     GOES, "Hauptstr. 5a, Mitte, Berlin, 10115"),
    # Swiss building register
    ("STRNAME;DEINR;PLZ4;PLZNAME;GDENAME;GDEKT",
     "Bahnhofstrasse;5;8001;Zürich;Zürich;ZH",
     GOES, "Bahnhofstrasse 5, Zürich, ZH 8001"),
    # Australian G-NAF
    ("NUMBER_FIRST;NUMBER_LAST;FLAT_NUMBER;STREET_NAME;STREET_TYPE_CODE;LOCALITY_NAME;STATE_ABBREVIATION;POSTCODE",
     "12;14;3;MAIN;STREET;CARLTON;VIC;3053",
     GOES, "12-14 MAIN STREET, Flat 3, CARLTON, VIC 3053"),
    # everyday
    ("Civic Number;Street Name;Street Type;Street Direction;Unit;Municipality;Province;Postal Code",
     "12;Main;St;E;4;Toronto;ON;M5V 2T6",
     GOES, "12 E Main St, Unit 4, Toronto, ON M5V 2T6"),
    # everyday
    ("Address;Landmark;Area;City;State;Pincode",
     "12 MG Road;Near Park;Indiranagar;Bengaluru;KA;560038",
     GOES, "12 MG Road, Near Park, Indiranagar, Bengaluru, KA 560038"),
    # everyday
    ("Address Line 1;Address Line 2;Address Line 3;Address Line 4;County;Eircode",
     "12 Main St;Swords;;;Dublin;K67 X3Y4",
     GOES, "12 Main St, Swords, Dublin, K67 X3Y4"),
    # everyday
    ("Property Address;Property City;Property State;Property Zip;Owner Name;Mailing Address;Mailing City;Mailing State;Mailing Zip",
     "12 Main St;Springfield;IL;62701;x;PO Box 4;Dover;DE;19901",
     HELD, "12 Main St, Springfield, IL 62701"),
    # libpostal
    ("house_number;road;city;state;postcode",
     "12;Main St;Springfield;IL;62701",
     GOES, "12 Main St, Springfield, IL 62701"),
    # everyday
    ("Firma;Straße;PLZ;Ort;Land;Tel;E-Mail",
     "x;Hauptstr. 5;10115;Berlin;DE;1;a@b",
     GOES, "Hauptstr. 5, Berlin, 10115, DE"),
    # everyday
    ("Adresse;NPA;Localité",
     "Rue de Bourg 5;1003;Lausanne",
     GOES, "Rue de Bourg 5, Lausanne, 1003"),
    # US provider registry NPPES
    ("Provider First Line Business Practice Location Address;Provider Second Line Business Practice Location Address;Provider Business Practice Location Address City Name;Provider Business Practice Location Address State Name;Provider Business Practice Location Address Postal Code;Provider Business Practice Location Address Country Code (If outside U.S.)",
     "12 MAIN ST;STE 4;SPRINGFIELD;IL;62701;US",
     GOES, "12 MAIN ST, STE 4, SPRINGFIELD, IL 62701, US"),
    # everyday
    ("Kundenanschrift;PLZ;Ort",
     "Hauptstr. 5;10115;Berlin",
     GOES, "Hauptstr. 5, Berlin, 10115"),
    # everyday
    ("Full customer address",
     "12 Main St, Springfield",
     GOES, "12 Main St, Springfield"),
    # everyday
    ("id;first_name;last_name;email;phone;address;city;zip",
     "1;a;b;c;d;12 Main St;Springfield;62701",
     GOES, "12 Main St, Springfield, 62701"),
    # everyday
    ("Hausnr.;Strasse;Ort;Postleitzahl",
     "5;Hauptstr.;Berlin;10115",
     GOES, "5 Hauptstr., Berlin, 10115"),
    # everyday
    ("nr;gata;stad;postkod",
     "5;Storgatan;Stockholm;11122",
     GOES, "5 Storgatan, Stockholm, 11122"),
    # everyday
    ("no;street;town;postcode",
     "12;High Street;Leeds;LS1 1AA",
     GOES, "12 High Street, Leeds, LS1 1AA"),
    # everyday
    ("id;no;address;city",
     "1;77;12 High Street;Leeds",
     GOES, "12 High Street, Leeds"),
    # everyday
    ("city;country",
     "Berlin;Germany",
     GOES, "Berlin, Germany"),
    # everyday
    ("country",
     "Germany",
     REFUSED, "WRONG_COLUMNS"),
    # everyday
    ("zip",
     "62701",
     REFUSED, "WRONG_COLUMNS"),
    # everyday
    ("unit;country",
     "4;US",
     REFUSED, "WRONG_COLUMNS"),
    # everyday
    ("address1;address2;city;state;zip",
     "PO Box 12;;Springfield;IL;62701",
     GOES, "PO Box 12, Springfield, IL 62701"),
    # everyday
    ("lat;lon;address;city",
     "1;2;12 Main St;Springfield",
     GOES, "12 Main St, Springfield"),
    # everyday
    ("Straße;Nr;PLZ;Stadt;Telefon Nr",
     "Hauptstr.;5;10115;Berlin;030",
     GOES, "Hauptstr. 5, Berlin, 10115"),
    # everyday
    ("customer_street;customer_city;customer_zip",
     "12 Main St;Springfield;62701",
     GOES, "12 Main St, Springfield, 62701"),
    # everyday
    ("emp_street;emp_city;emp_zip",
     "12 Main St;Springfield;62701",
     GOES, "12 Main St, Springfield, 62701"),
    # everyday
    ("street;city;zip;email_address;ip_address",
     "12 Main St;Springfield;62701;a;b",
     GOES, "12 Main St, Springfield, 62701"),
    # everyday
    ("dba;physical_address;physical_city;physical_zip;mailing_address;mailing_city",
     "x;12 Main St;Springfield;62701;PO 3;Dover",
     HELD, "12 Main St, Springfield, 62701"),
    # everyday
    ("St Number;St Name;St Suffix;City;ZIP",
     "12;Main;St;Denver;80201",
     GOES, "12 Main St, Denver, 80201"),
    # everyday
    ("Voie;N°;CP;Ville",
     "Rue de la Paix;12;75002;Paris",
     GOES, "Rue de la Paix 12, Paris, 75002"),
    # UN/LOCODE
    ("country;location;name;nameWoDiacritics;subdivision;lat;lon",
     "BR;ADG;Abadia de Goias;Abadia de Goias;GO;-16.75;-49.43",
     GOES, "Abadia de Goias, GO, BR"),
]  # fmt: skip


def read(header: str, row: str) -> tuple[str, str]:
    """Whether a file of two such records goes, and what is sent of one; or the code of its refusal."""
    names, cells = header.split(";"), row.split(";")
    try:
        mapping = map_columns(names, Takes.PLACE, rows=[cells, cells])
    except BadFile as refused:
        return REFUSED, refused.problems[0].code
    maker = QueryMaker(names, mapping, Takes.PLACE)
    query = maker.make(cells)
    assert not isinstance(query, Problem)
    return HELD if maker.unsent else GOES, query["text"]


@pytest.mark.parametrize(("header", "row", "verdict", "text"), ROWS)
def test_the_header_of_an_export_is_understood_whole(header: str, row: str, verdict: str, text: str) -> None:
    assert read(header, row) == (verdict, text)
